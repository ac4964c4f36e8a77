// An operator settles an unknown cancel with what the gateway's admin shows, and says why.

import type { Cancel, CancelSettlement } from '../payments/cancel.ts'
import { findCancel, listUnknownCancels } from '../payments/cancel-queries.store.ts'
import { settleCancelByEvidence } from '../payments/cancels.store.ts'
import { findPayment } from '../payments/payment-queries.store.ts'
import type { Payment } from '../payments/payment.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { mayConcludeNotHappened } from './evidence-rule.ts'
import type { OperatorDependencies } from './settle-by-operator.ts'

export interface CancelVerdict {
  readonly merchantId: MerchantId
  /** The payment, and which of its unknown cancels; null where it has only one. */
  readonly impUid: string
  readonly cancelId: string | null
  readonly verdict:
    | {
        readonly kind: 'cancelled'
        /** The gateway's id of the cancel, where its admin shows one. */
        readonly transactionId: string | null
      }
    | { readonly kind: 'not_cancelled' }
  readonly actor: string
  readonly reason: string
}

export type CancelSettled =
  | { readonly kind: 'settled'; readonly cancel: Cancel; readonly payment: Payment }
  /** The payment has no unknown cancel of that name. */
  | { readonly kind: 'absent' }
  /** Which one is meant? */
  | { readonly kind: 'several'; readonly cancels: readonly Cancel[] }
  | { readonly kind: 'too_early'; readonly earliestMs: number }

export async function settleCancelByOperator(
  { db, clock, ids, evidenceRules }: OperatorDependencies,
  said: CancelVerdict,
): Promise<CancelSettled> {
  const { merchantId, impUid, verdict, actor, reason } = said
  const payment = await findPayment(db, merchantId, impUid)
  const unknown = (await listUnknownCancels(db, merchantId)).filter(
    (cancel) =>
      cancel.state === 'unknown' &&
      cancel.impUid === impUid &&
      (said.cancelId === null || said.cancelId === cancel.cancelId),
  )
  const [cancel] = unknown
  if (payment === undefined || cancel === undefined) return { kind: 'absent' }
  if (unknown.length > 1) return { kind: 'several', cancels: unknown }
  const nowMs = clock.now(merchantId)
  // PAYJOA repeats the notification of a cancel as it does that of a charge, so "not" has to wait as long.
  if (verdict.kind === 'not_cancelled') {
    const since = { startedAtMs: cancel.startedAtMs, sandbox: payment.sandbox }
    const ruling = mayConcludeNotHappened(since, { kind: 'operator' }, nowMs, evidenceRules)
    if (ruling.kind === 'too_early') return ruling
  }
  const settlement = { ...settlementOf(verdict, nowMs), webhookId: ids.uuid() }
  const isSettled = await settleCancelByEvidence(db, cancel, settlement, {
    evidenceId: ids.uuid(),
    source: 'operator',
    verdict: verdict.kind,
    actor,
    reason,
  })
  const [ended, booked] = await Promise.all([
    findCancel(db, merchantId, cancel.cancelId),
    findPayment(db, merchantId, impUid),
  ])
  // Its answer, or another operator, was quicker.
  if (!isSettled || ended === undefined || booked === undefined) return { kind: 'absent' }
  return { kind: 'settled', cancel: ended, payment: booked }
}

/** What is written on a cancel that evidence failed. */
export const notCancelledReason = 'PG 확인 결과 취소되지 않은 요청입니다.'

function settlementOf(verdict: CancelVerdict['verdict'], atMs: number): CancelSettlement {
  if (verdict.kind === 'cancelled') {
    const pgTid = verdict.transactionId
    return { state: 'done', atMs, pgTid, failure: null, failReason: null }
  }
  const failReason = notCancelledReason
  return { state: 'failed', atMs, pgTid: null, failure: 'evidence', failReason }
}
