// What happened to one payment: its exchanges with the gateway, its cancels, and the evidence that settled either.

import { type Queryable, sql } from '../db/database.ts'
import type { ExchangeEnd, ExchangeStart } from '../gateways/exchange.ts'
import type { ExchangeRecord } from '../gateways/gateway.ts'
import type { MerchantId } from '../primitives/ids.ts'

export interface KeptExchange
  extends
    ExchangeStart,
    Pick<ExchangeEnd, 'cause' | 'resultCode' | 'resultMessage' | 'transactionId'> {
  readonly cancelId: string | null
  readonly outcome: ExchangeEnd['outcome'] | 'sending'
  /** Masked; null: it has not ended, its sender was lost, or it is in an archive. */
  readonly record: ExchangeRecord | null
  readonly archiveId: string | null
  readonly startedAtMs: number
  readonly finishedAtMs: number | null
}

const listExchangesStatement = sql(
  'list_exchanges_of_payment',
  `select exchange_id as "exchangeId", purpose, cancel_id as "cancelId", order_number as "orderNumber",
     amount as "amountWon", outcome, cause, result_code as "resultCode", result_message as "resultMessage",
     transaction_id as "transactionId", record, archive_id as "archiveId",
     started_at as "startedAtMs", finished_at as "finishedAtMs"
   from exchanges where merchant_id = $1 and imp_uid = $2 order by started_at, exchange_id limit $3`,
)

/** Oldest first. */
export async function listExchanges(
  db: Queryable,
  owner: MerchantId,
  impUid: string,
  limit: number,
): Promise<KeptExchange[]> {
  return (await db.query<KeptExchange>(listExchangesStatement, [owner, impUid, limit])).rows
}

export interface KeptEvidence {
  /** Null: about the payment itself. */
  readonly cancelId: string | null
  readonly source: 'operator' | 'notification' | 'daily_file' | 'answer'
  readonly verdict: 'charged' | 'not_charged' | 'cancelled' | 'not_cancelled'
  readonly transactionId: string | null
  readonly actor: string
  readonly reason: string
  readonly recordedAtMs: number
}

const listEvidenceStatement = sql(
  'list_evidence_of_payment',
  `select null::uuid as "cancelId", source, verdict, transaction_id as "transactionId", actor, reason,
     recorded_at as "recordedAtMs"
   from payment_evidence where merchant_id = $1 and imp_uid = $2
   union all
   select e.cancel_id, e.source, e.verdict, e.transaction_id, e.actor, e.reason, e.recorded_at
   from cancels c join cancel_evidence e on e.merchant_id = c.merchant_id and e.cancel_id = c.cancel_id
   where c.merchant_id = $1 and c.imp_uid = $2
   order by "recordedAtMs" limit $3`,
)

/** Of the payment and of its cancels, oldest first. */
export async function listEvidence(
  db: Queryable,
  owner: MerchantId,
  impUid: string,
  limit: number,
): Promise<KeptEvidence[]> {
  return (await db.query<KeptEvidence>(listEvidenceStatement, [owner, impUid, limit])).rows
}
