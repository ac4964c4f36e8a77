// Every statement that writes cancels and moves money between the payment's own columns: reserved before the
// gateway is called, given back or released after. Each write is one statement, so one durable commit.

import { type Act, auditEvent } from '../audit/audit-event.ts'
import { instant, json, type Queryable, sql } from '../db/database.ts'
import type { ExchangeEnd, ExchangeStart } from '../gateways/exchange.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { Cancel, CancelSettlement } from './cancel.ts'
import { markScheduleCancelled, tellOfCancel } from './cancelled-follow-ups.ts'
import { isNotHeld } from './hold.ts'
import { paymentColumns } from './payment-columns.ts'
import type { Payment } from './payment.ts'

/** A payment with what cancels have reserved of it. */
export interface CancellablePayment extends Payment {
  readonly reservedWon: number
  readonly taxFreeTakenWon: number
  readonly hasUnansweredCancel: boolean
  /** The merchant came out of a backup and is not released yet. */
  readonly isHeld: boolean
}

// A cancel whose caller has been answered `unknown` already, because it is or because time ran out.
const cancellableColumns = `${paymentColumns},
  cancel_reserved as "reservedWon", cancel_tax_free as "taxFreeTakenWon",
  not ${isNotHeld} as "isHeld",
  cancel_reserved > 0 and exists (
    select from cancels c
    where c.merchant_id = payments.merchant_id and c.imp_uid = payments.imp_uid
      and (c.state = 'unknown' or (c.state = 'sending' and c.started_at <= $3::timestamptz))
  ) as "hasUnansweredCancel"`

const findCancellableStatement = sql(
  'find_cancellable_payment',
  `select ${cancellableColumns} from payments where merchant_id = $1 and imp_uid = $2`,
)

// Only a failed attempt leaves its merchant_uid free, so at most one other carries it.
const findCancellableByUidStatement = sql(
  'find_cancellable_payment_of_uid',
  `select ${cancellableColumns} from payments
   where merchant_id = $1 and merchant_uid = $2 and state <> 'failed' and give_back is null`,
)

/** V1's two names of a payment. */
export type PaymentName = { readonly impUid: string } | { readonly merchantUid: string }

/** `answeredBeforeMs`: a cancel sent until then whose answer is still awaited has been answered `unknown`. */
export async function findCancellable(
  db: Queryable,
  owner: MerchantId,
  name: PaymentName,
  answeredBeforeMs: number,
): Promise<CancellablePayment | undefined> {
  const [statement, id] =
    'impUid' in name
      ? [findCancellableStatement, name.impUid]
      : [findCancellableByUidStatement, name.merchantUid]
  const { rows } = await db.query<CancellablePayment>(statement, [
    owner,
    id,
    instant(answeredBeforeMs),
  ])
  return rows[0]
}

// The decision was made from these three columns; while they stand, it holds. The CHECK constraints of the table
// would refuse what a mistake here let through.
const reservation = `reserved as (
     update payments set
       cancel_reserved = cancel_reserved + $4, cancel_tax_free = cancel_tax_free + $5, updated_at = $8
     where merchant_id = $1 and imp_uid = $2 and state in ('paid', 'cancelled')
       and cancel_amount = $10 and cancel_reserved = $11 and cancel_tax_free = $12 and ${isNotHeld}
     returning merchant_id, imp_uid, customer_uid, channel_key),
   cancel as (
     insert into cancels (
       merchant_id, cancel_id, imp_uid, state, amount, tax_free, reason, enable_webhook, started_at,
       lease_until, updated_at)
     select merchant_id, $3::uuid, imp_uid, 'sending', $4::bigint, $5::bigint, $6::text, $7::boolean,
       $8::timestamptz, $9::timestamptz, $8::timestamptz
     from reserved)`

const exchangeOfReservation = `insert into exchanges (
     merchant_id, exchange_id, purpose, imp_uid, customer_uid, channel_key, order_number, amount,
     started_at, cancel_id)
   select merchant_id, $13, $14, imp_uid, customer_uid, channel_key, $15, $16, $8, $3::uuid from reserved`

const reserveStatement = sql('reserve_cancel', `with ${reservation} ${exchangeOfReservation}`)

const reserveByPersonStatement = sql(
  'reserve_cancel_by_person',
  `with ${reservation},
   ${auditEvent({
     from: 'reserved',
     eventId: '$17',
     actor: '$18',
     action: `'payment.cancel_begun'`,
     subject: 'imp_uid',
     detail: `jsonb_build_object('cancelId', $3::uuid, 'amount', $4::bigint, 'taxFree', $5::bigint,
         'reason', $6::text, 'tellsMerchant', $7::boolean)`,
     at: '$19',
   })}
   ${exchangeOfReservation}`,
)

/**
 * Commits a cancel that is about to be sent: its amount is reserved of the payment. False when the payment is no
 * longer as it was read: nothing was written, and the decision has to be made anew. `act`: a person wants it, which
 * leaves an event.
 */
export async function reserveCancel(
  db: Queryable,
  cancel: Cancel,
  asRead: CancellablePayment,
  {
    exchange,
    leaseUntilMs,
    act,
  }: {
    readonly exchange: ExchangeStart
    readonly leaseUntilMs: number
    readonly act: Act | null
  },
): Promise<boolean> {
  const { rowCount } = await db.query(act === null ? reserveStatement : reserveByPersonStatement, [
    cancel.merchantId,
    cancel.impUid,
    cancel.cancelId,
    cancel.amountWon,
    cancel.taxFreeWon,
    cancel.reason,
    cancel.enableWebhook,
    instant(cancel.startedAtMs),
    instant(leaseUntilMs),
    asRead.cancelAmountWon,
    asRead.reservedWon,
    asRead.taxFreeTakenWon,
    exchange.exchangeId,
    exchange.purpose,
    exchange.orderNumber,
    exchange.amountWon,
    ...(act === null ? [] : [act.eventId, act.actor, instant(act.atMs)]),
  ])
  return rowCount === 1
}

/** Of a statement whose CTE `ended` holds the cancel as it ends: what that means for its payment. */
const bookOnPayment = `settled as (
     update payments p set
       cancel_reserved = p.cancel_reserved - case when e.was_reserved then e.amount else 0 end,
       cancel_amount = p.cancel_amount + case when e.state = 'done' then e.amount else 0 end,
       cancel_tax_free = p.cancel_tax_free
         + case when e.was_reserved then 0 else e.tax_free end
         - case when e.state = 'failed' then e.tax_free else 0 end,
       state = case when e.state = 'done' then 'cancelled' else p.state end,
       cancelled_at = case when e.state = 'done' then greatest(p.cancelled_at, $3) else p.cancelled_at end,
       cancel_reason = case when e.state = 'done' then e.reason else p.cancel_reason end,
       updated_at = $3
     from ended e
     where p.merchant_id = $1 and p.imp_uid = e.imp_uid and e.state <> 'unknown'
     returning p.*)`

// The one exception to "settled once": evidence said "not cancelled" and then the gateway says otherwise; money that
// went back is never shown as kept, as long as the amount still has room for it. Whether it has or not, it is raised.
const beforeSettlement = `before as (
     select cancel_id, state = 'failed' as was_failed from cancels
     where merchant_id = $1 and cancel_id = $2)`
const maySettle = (
  open: string,
) => `c.merchant_id = $1 and c.cancel_id = $2 and b.cancel_id = c.cancel_id
       and (c.state in (${open})
         or (c.state = 'failed' and c.failure = 'evidence' and $4 = 'done' and b.was_failed and exists (
           select from payments p
           where p.merchant_id = $1 and p.imp_uid = c.imp_uid
             and p.cancel_amount + p.cancel_reserved + c.amount <= p.amount)))
       and (c.state = 'failed') = b.was_failed`
const raiseLateCancel = `late as (
     insert into discrepancies (
       merchant_id, discrepancy_id, kind, channel_key, imp_uid, order_number, transaction_id, amount, detail,
       raised_at)
     select c.merchant_id, md5('foreign_cancel ' || c.cancel_id)::uuid, 'foreign_cancel', p.channel_key, p.imp_uid,
       p.imp_uid, coalesce($5, p.pg_tid), c.amount,
       'had been called not cancelled; '
         || case when exists (select from ended) then 'is booked now' else 'is not booked' end,
       $3
     from before b
     join cancels c on c.merchant_id = $1 and c.cancel_id = b.cancel_id
     join payments p on p.merchant_id = $1 and p.imp_uid = c.imp_uid
     where b.was_failed and $4 = 'done'
     on conflict do nothing)`

const settleStatement = sql(
  'settle_cancel',
  `with ${beforeSettlement},
   ended as (
     update cancels c set
       state = $4, lease_until = null, updated_at = $3, pg_tid = coalesce($5, c.pg_tid),
       failure = $6, fail_reason = $7,
       cancelled_at = case when $4 = 'done' then $3::timestamptz else null end
     from before b
     where ${maySettle("'sending', 'unknown'")}
     returning c.*, not b.was_failed as was_reserved),
   exchange as (
     update exchanges set
       outcome = $9, cause = $10, result_code = $11, result_message = $12, transaction_id = $13,
       record = $14, finished_at = $3
     where merchant_id = $1 and exchange_id = $8 and outcome in ('sending', 'unknown')),
   ${bookOnPayment},
   ${raiseLateCancel},
   ${markScheduleCancelled},
   ${tellOfCancel('$15')}
   select cancel_id from ended`,
)

type CancelKey = Pick<Cancel, 'merchantId' | 'cancelId'>

/** Writes what an exchange proved, once. False when the cancel was settled before. */
export async function settleCancel(
  db: Queryable,
  { merchantId, cancelId }: CancelKey,
  settlement: CancelSettlement & { readonly webhookId: string },
  exchange: ExchangeEnd,
): Promise<boolean> {
  const { rows } = await db.query(settleStatement, [
    merchantId,
    cancelId,
    instant(settlement.atMs),
    settlement.state,
    settlement.pgTid,
    settlement.failure,
    settlement.failReason,
    exchange.exchangeId,
    exchange.outcome,
    exchange.cause,
    exchange.resultCode,
    exchange.resultMessage,
    exchange.transactionId,
    json(exchange.record),
    settlement.webhookId,
  ])
  return rows.length === 1
}

const settleByEvidenceStatement = sql(
  'settle_cancel_by_evidence',
  `with ${beforeSettlement},
   ended as (
     update cancels c set
       state = $4, lease_until = null, updated_at = $3, pg_tid = coalesce($5, c.pg_tid),
       failure = $6, fail_reason = $7,
       cancelled_at = case when $4 = 'done' then $3::timestamptz else null end
     from before b
     where ${maySettle("'unknown'")}
     returning c.*, not b.was_failed as was_reserved),
   evidence as (
     insert into cancel_evidence (
       merchant_id, cancel_id, evidence_id, source, verdict, transaction_id, actor, reason, recorded_at)
     select merchant_id, cancel_id, $8, $9, $10, $5, $11, $12, $3 from ended),
   ${auditEvent({
     from: 'ended',
     eventId: '$8',
     actor: '$11',
     action: `'cancel.settled_by_evidence'`,
     subject: 'cancel_id',
     detail: `jsonb_build_object('impUid', imp_uid, 'amount', amount, 'source', $9::text, 'verdict', $10::text,
         'transactionId', $5::text, 'reason', $12::text)`,
     at: '$3',
   })},
   ${bookOnPayment},
   ${raiseLateCancel},
   ${markScheduleCancelled},
   ${tellOfCancel('$13')}
   select cancel_id from ended`,
)

export interface CancelEvidence {
  readonly evidenceId: string
  readonly source: 'operator' | 'notification' | 'daily_file'
  readonly verdict: 'cancelled' | 'not_cancelled'
  /** Who or what says so. */
  readonly actor: string
  readonly reason: string
}

/**
 * Ends an unknown cancel by evidence, which is kept with it; also one that evidence had called not cancelled, should
 * it have happened after all. False when it is neither any more.
 */
export async function settleCancelByEvidence(
  db: Queryable,
  { merchantId, cancelId }: CancelKey,
  settlement: CancelSettlement & { readonly webhookId: string },
  evidence: CancelEvidence,
): Promise<boolean> {
  const { rows } = await db.query(settleByEvidenceStatement, [
    merchantId,
    cancelId,
    instant(settlement.atMs),
    settlement.state,
    settlement.pgTid,
    settlement.failure,
    settlement.failReason,
    evidence.evidenceId,
    evidence.source,
    evidence.verdict,
    evidence.actor,
    evidence.reason,
    settlement.webhookId,
  ])
  return rows.length === 1
}
