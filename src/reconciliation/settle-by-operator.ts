// An operator settles an unknown payment with what the gateway's admin shows, and says why.

import { listChannels } from '../accounts/channels.store.ts'
import type { Queryable } from '../db/database.ts'
import { findPayment } from '../payments/payment-queries.store.ts'
import type { Payment } from '../payments/payment.ts'
import { settleByEvidence } from '../payments/payments.store.ts'
import type { Clock } from '../primitives/clock.ts'
import type { IdSource, MerchantId } from '../primitives/ids.ts'
import { type EvidenceRules, mayConcludeNotHappened } from './evidence-rule.ts'

export interface OperatorVerdict {
  readonly merchantId: MerchantId
  readonly impUid: string
  readonly verdict:
    | {
        readonly kind: 'charged'
        /** DAOUTRX as the gateway's admin shows it. */
        readonly transactionId: string
        readonly approvalNumber: string | null
      }
    | { readonly kind: 'not_charged' }
  readonly actor: string
  readonly reason: string
}

export type OperatorSettlement =
  | { readonly kind: 'settled'; readonly payment: Payment }
  | { readonly kind: 'absent' }
  | { readonly kind: 'not_unknown'; readonly payment: Payment }
  | { readonly kind: 'too_early'; readonly earliestMs: number }

/** What the merchant reads of a payment that evidence failed. */
export const notChargedReason = 'PG 확인 결과 승인되지 않은 결제입니다.'

export interface OperatorDependencies {
  readonly db: Queryable
  readonly clock: Clock
  readonly ids: IdSource
  readonly evidenceRules: EvidenceRules
}

export async function settleByOperator(
  { db, clock, ids, evidenceRules }: OperatorDependencies,
  { merchantId, impUid, verdict, actor, reason }: OperatorVerdict,
): Promise<OperatorSettlement> {
  const payment = await findPayment(db, merchantId, impUid)
  if (payment === undefined) return { kind: 'absent' }
  if (payment.state !== 'unknown') return { kind: 'not_unknown', payment }
  const nowMs = clock.now(merchantId)
  if (verdict.kind === 'not_charged') {
    const ruling = mayConcludeNotHappened(payment, { kind: 'operator' }, nowMs, evidenceRules)
    if (ruling.kind === 'too_early') return ruling
  }
  const settlement = {
    webhookId: ids.uuid(),
    atMs: nowMs,
    from: ['unknown'],
    giveBack: verdict.kind === 'charged' ? await giveBackOf(db, payment) : null,
    cardCode: null,
    cardName: null,
  } as const
  const settled = await settleByEvidence(
    db,
    payment,
    verdict.kind === 'charged'
      ? {
          ...settlement,
          state: 'paid',
          pgTid: verdict.transactionId,
          applyNum: verdict.approvalNumber,
          failure: null,
          failReason: null,
        }
      : {
          ...settlement,
          state: 'failed',
          pgTid: null,
          applyNum: null,
          failure: 'evidence',
          failReason: notChargedReason,
        },
    { evidenceId: ids.uuid(), source: 'operator', verdict: verdict.kind, actor, reason },
  )
  if (settled !== undefined) return { kind: 'settled', payment: settled }
  // Its answer, or another operator, was quicker.
  const current = await findPayment(db, merchantId, impUid)
  return current === undefined ? { kind: 'absent' } : { kind: 'not_unknown', payment: current }
}

// The caller was told `ready`, so the channel's rule for late approvals holds, whoever found this one.
async function giveBackOf(
  db: Queryable,
  { merchantId, channelKey }: Payment,
): Promise<Payment['giveBack']> {
  const channels = await listChannels(db, merchantId)
  const channel = channels.find((one) => one.channelKey === channelKey)
  return channel?.lateApprovals === 'cancel' ? 'told' : null
}
