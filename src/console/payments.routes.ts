// Payments, for operators: parse, call, render.

import type { Static } from 'typebox'

import type { Queryable } from '../db/database.ts'
import {
  type CancelDependencies,
  cancelPayment,
  type CancelResult,
} from '../payments/cancel-payment.ts'
import { heldMessage } from '../payments/hold.ts'
import { cancelRefusalMessage } from '../payments/cancel-answer.ts'
import type { CancelRefusal } from '../payments/cancel.ts'
import { findPayment } from '../payments/payment-queries.store.ts'
import {
  countPayments,
  type PaymentFilter,
  searchPayments,
} from '../payments/payment-search.store.ts'
import { failReasonOf } from '../payments/payment.ts'
import { koreanDay } from '../primitives/korean-day.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { type OperatorVerdict, settleByOperator } from '../reconciliation/settle-by-operator.ts'
import { settleCancelByOperator } from '../reconciliation/settle-cancel-by-operator.ts'
import { replayWebhook } from '../webhooks/replay-webhooks.ts'
import { findNewestWebhook } from '../webhooks/webhook-queries.store.ts'
import { consoleFileRoute, type ConsoleRoute, consoleRoute } from './console-call.ts'
import { signedIn } from './console-caller.ts'
import {
  badField,
  type ConsoleError,
  type ConsoleErrorCode,
  consoleRefusal,
  notFound,
} from './console-error.ts'
import { done } from './console-schema.ts'
import { readCursor, walkedPageOf } from './page.ts'
import {
  type PaymentAnswerDependencies,
  showPayment,
  showPaymentSummary,
} from './payment-answers.ts'
import { showTimeline } from './payment-timeline.ts'
import { streamPayments } from './payments-csv.ts'
import { paymentCalls, type paymentFilter } from './payments-view.ts'
import { periodOf, sandboxOf } from './read-filter.ts'
import { refuseReplay } from './replay-answer.ts'

export type PaymentRoutesDependencies = CancelDependencies & PaymentAnswerDependencies

export function paymentRoutes(deps: PaymentRoutesDependencies): ConsoleRoute[] {
  return [...listRoutes(deps), ...lookUpRoutes(deps), ...actRoutes(deps), ...settleRoutes(deps)]
}

type FilterInput = {
  [Name in keyof typeof paymentFilter]?: Static<(typeof paymentFilter)[Name]> | undefined
}

function filterOf(input: FilterInput): PaymentFilter {
  return {
    ...periodOf(input),
    state: input.state ?? null,
    method: input.method ?? null,
    sandbox: sandboxOf(input.mode),
    customerUid: input.customerUid ?? null,
    channelKey: input.channelKey ?? null,
    amountMinWon: input.amountMin ?? null,
    amountMaxWon: input.amountMax ?? null,
    words: input.q?.trim() ?? null,
  }
}

function listRoutes({ db, clock }: PaymentRoutesDependencies): ConsoleRoute[] {
  return [
    consoleRoute(paymentCalls.listPayments, async (input, caller) => {
      const { order, limit, cursor } = input
      const search = { order, limit, after: readCursor(cursor) }
      const page = await searchPayments(db, signedIn(caller).merchantId, filterOf(input), search)
      return walkedPageOf(page, showPaymentSummary)
    }),
    consoleRoute(paymentCalls.countPayments, async (input, caller) => {
      const counted = await countPayments(db, signedIn(caller).merchantId, filterOf(input))
      return { count: counted.count, isExact: counted.isExact, amountWon: counted.sum }
    }),
    consoleFileRoute(paymentCalls.exportPayments, async (input, caller) => {
      const { merchantId } = signedIn(caller)
      const content = streamPayments(db, merchantId, filterOf(input), input.language)
      return { fileName: `payments-${koreanDay(clock.now(merchantId))}.csv`, content }
    }),
  ]
}

async function shown(deps: PaymentAnswerDependencies, owner: MerchantId, impUid: string) {
  const payment = await showPayment(deps, owner, impUid)
  if (payment === undefined) throw notFound('payment')
  return payment
}

function lookUpRoutes(deps: PaymentRoutesDependencies): ConsoleRoute[] {
  return [
    consoleRoute(paymentCalls.getPayment, async ({ impUid }, caller) =>
      shown(deps, signedIn(caller).merchantId, impUid),
    ),
    consoleRoute(paymentCalls.getTimeline, async ({ impUid }, caller) => {
      const timeline = await showTimeline(deps, signedIn(caller).merchantId, impUid)
      if (timeline === undefined) throw notFound('payment')
      return timeline
    }),
  ]
}

function actRoutes(deps: PaymentRoutesDependencies): ConsoleRoute[] {
  return [
    consoleRoute(paymentCalls.cancelPayment, async (input, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const { impUid, amountWon, taxFreeWon, checksumWon, tellMerchant: enableWebhook } = input
      const reason = reasonOf(input.reason)
      const wanted = { merchantId, impUid, amountWon, taxFreeWon, checksumWon, reason }
      const result = await cancelPayment(deps, { ...wanted, enableWebhook, actor })
      if (result.kind !== 'cancelled' && result.kind !== 'unknown') {
        throw await refuseCancel(deps.db, { merchantId, impUid }, result)
      }
      const payment = await shown(deps, merchantId, impUid)
      return { outcome: result.kind, cancelId: result.cancelId, payment }
    }),
    consoleRoute(paymentCalls.resendPaymentWebhook, async ({ impUid }, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const webhookId = await findNewestWebhook(deps.db, merchantId, impUid)
      if (webhookId === undefined) {
        if ((await findPayment(deps.db, merchantId, impUid)) === undefined)
          throw notFound('payment')
        throw consoleRefusal('webhook_none_for_payment', 'Nobody was told of this payment so far.')
      }
      const result = await replayWebhook(deps, { merchantId, webhookId, actor })
      if (result.kind !== 'due') throw refuseReplay(result)
      return { ...done, webhookId }
    }),
  ]
}

function reasonOf(given: string): string {
  const reason = given.trim()
  if (reason === '') throw badField('reason', 'too_short', 'Say why.')
  return reason
}

const cancelRefusalCodes: Record<CancelRefusal['kind'], ConsoleErrorCode> = {
  fully_cancelled: 'cancel_fully_cancelled',
  checksum_mismatch: 'cancel_checksum_mismatch',
  outcome_awaited: 'cancel_outcome_awaited',
  over_balance: 'cancel_over_balance',
  tax_free_unfit: 'cancel_tax_free_unfit',
}

async function refuseCancel(
  db: Queryable,
  { merchantId, impUid }: { readonly merchantId: MerchantId; readonly impUid: string },
  result: Exclude<CancelResult, { kind: 'cancelled' | 'unknown' }>,
): Promise<ConsoleError> {
  switch (result.kind) {
    case 'absent': {
      const payment = await findPayment(db, merchantId, impUid)
      if (payment === undefined) return notFound('payment')
      return consoleRefusal(
        'payment_not_paid',
        `The payment is ${payment.state}: nothing to give back.`,
      )
    }
    case 'failed':
      return consoleRefusal(
        'cancel_failed',
        failReasonOf(result.outcome.code, result.outcome.message),
      )
    case 'refused':
      return consoleRefusal(
        cancelRefusalCodes[result.refusal.kind],
        cancelRefusalMessage(result.refusal),
      )
    case 'held':
      return consoleRefusal('held_after_restore', heldMessage)
    case 'no_channel':
      return consoleRefusal('channel_disabled', result.message)
    case 'contended':
      return consoleRefusal(
        'cancel_contended',
        'Too many cancels of this payment at once: try again.',
      )
  }
}

function settleRoutes(deps: PaymentRoutesDependencies): ConsoleRoute[] {
  return [
    consoleRoute(paymentCalls.resolvePayment, async (input, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const { impUid } = input
      const verdict = verdictOf(input)
      const said = { merchantId, impUid, verdict, actor, reason: reasonOf(input.reason) }
      const result = await settleByOperator(deps, said)
      switch (result.kind) {
        case 'settled':
          return shown(deps, merchantId, impUid)
        case 'absent':
          throw notFound('payment')
        case 'not_unknown':
          throw consoleRefusal('payment_not_unknown', `The payment is ${result.payment.state}.`)
        case 'too_early':
          throw tooEarly(result.earliestMs)
      }
    }),
    consoleRoute(paymentCalls.resolveCancel, async (input, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const { impUid, cancelId } = input
      const transactionId = input.transactionId?.trim() ?? null
      const verdict =
        input.verdict === 'cancelled'
          ? ({ kind: 'cancelled', transactionId } as const)
          : ({ kind: 'not_cancelled' } as const)
      const said = { merchantId, impUid, cancelId, verdict, actor, reason: reasonOf(input.reason) }
      const result = await settleCancelByOperator(deps, said)
      switch (result.kind) {
        case 'settled':
          return shown(deps, merchantId, impUid)
        case 'too_early':
          throw tooEarly(result.earliestMs)
        case 'absent':
        case 'several': {
          const { cancels } = await shown(deps, merchantId, impUid)
          if (!cancels.some((cancel) => cancel.cancelId === cancelId)) throw notFound('cancel')
          throw consoleRefusal('cancel_not_unknown', 'The cancel has its outcome already.')
        }
      }
    }),
  ]
}

function verdictOf(
  input: Static<typeof paymentCalls.resolvePayment.params>,
): OperatorVerdict['verdict'] {
  if (input.verdict === 'not_charged') return { kind: 'not_charged' }
  const transactionId = input.transactionId?.trim() ?? ''
  if (transactionId === '') {
    throw consoleRefusal(
      'transaction_id_missing',
      "Give the transaction number (DAOUTRX) that PAYJOA's admin shows.",
    )
  }
  return { kind: 'charged', transactionId, approvalNumber: input.approvalNumber?.trim() ?? null }
}

function tooEarly(earliestMs: number): ConsoleError {
  const at = new Date(earliestMs).toISOString()
  return consoleRefusal(
    'verdict_too_early',
    `PAYJOA may still tell of it: this may be said from ${at}.`,
  )
}
