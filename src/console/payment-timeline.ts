// All that happened to one payment, in one line of time: what asked for it, every exchange with PAYJOA, what was proved
// and by whom, cancels, what the merchant was told, and what operators did.

import type { Static } from 'typebox'

import type { AuditEvent } from '../audit/audit-chain.ts'
import { pageOfEvents } from '../audit/audit-events.store.ts'
import { instant, instantOrNull } from '../db/database.ts'
import type { WireStep } from '../gateways/gateway.ts'
import type { Cancel } from '../payments/cancel.ts'
import { listCancels } from '../payments/cancel-queries.store.ts'
import {
  type KeptEvidence,
  type KeptExchange,
  listEvidence,
  listExchanges,
} from '../payments/payment-history.store.ts'
import { findPayment } from '../payments/payment-queries.store.ts'
import type { Payment } from '../payments/payment.ts'
import type { MerchantId } from '../primitives/ids.ts'
import {
  type Discrepancy,
  listDiscrepanciesOfOrder,
} from '../reconciliation/discrepancies.store.ts'
import { type KeptFact, listFacts } from '../reconciliation/facts.store.ts'
import { findScheduleOf } from '../schedules/schedule-queries.store.ts'
import {
  listAttemptsOfPayment,
  listWebhooksOfPayment,
  type WebhookAttempt,
} from '../webhooks/webhook-queries.store.ts'
import type { Webhook } from '../webhooks/webhook.ts'
import { type PaymentAnswerDependencies, showCancel } from './payment-answers.ts'
import type { exchangeSchema, paymentCalls, timelineEntrySchema } from './payments-view.ts'

type Entry = Static<typeof timelineEntrySchema>
type Timeline = Static<typeof paymentCalls.getTimeline.response>

const entriesMax = 1_000

// Those of one instant, as one leads to the other: asked, sent, proved, told.
const kindsInOrder: readonly Entry['kind'][] = [
  'requested',
  'act',
  'cancel',
  'exchange',
  'gateway_fact',
  'evidence',
  'state',
  'discrepancy',
  'webhook',
  'webhook_attempt',
]

function byTime(a: Entry, b: Entry): number {
  const apart = Date.parse(a.at) - Date.parse(b.at)
  return apart === 0 ? kindsInOrder.indexOf(a.kind) - kindsInOrder.indexOf(b.kind) : apart
}

/** Undefined: the merchant has no such payment. */
export async function showTimeline(
  deps: PaymentAnswerDependencies,
  owner: MerchantId,
  impUid: string,
): Promise<Timeline | undefined> {
  const payment = await findPayment(deps.db, owner, impUid)
  if (payment === undefined) return undefined
  const parts = await Promise.all([
    requested(deps, payment),
    withGateway(deps, payment),
    withMerchant(deps, payment),
    fromBooks(deps, payment),
  ])
  const entries = parts.flat().toSorted(byTime)
  return { entries: entries.slice(0, entriesMax), isComplete: entries.length <= entriesMax }
}

async function requested(deps: PaymentAnswerDependencies, payment: Payment): Promise<Entry[]> {
  const { purpose, customerUidUsage, amountWon, method } = payment
  const schedule = await findScheduleOf(deps.db, payment)
  const isScheduled = customerUidUsage === 'payment.scheduled'
  const by = purpose === 'card_check' ? 'card_check' : isScheduled ? 'schedule' : 'api'
  const scheduleId = schedule?.scheduleId ?? null
  return [
    { kind: 'requested', at: instant(payment.startedAtMs), by, amountWon, method, scheduleId },
  ]
}

async function withGateway(deps: PaymentAnswerDependencies, payment: Payment): Promise<Entry[]> {
  const { merchantId, impUid } = payment
  const limit = entriesMax + 1
  const [exchanges, evidence, cancels] = await Promise.all([
    listExchanges(deps.db, merchantId, impUid, limit),
    listEvidence(deps.db, merchantId, impUid, limit),
    listCancels(deps.db, merchantId, impUid, limit),
  ])
  return [
    ...cancels.map((cancel) => cancelEntry(deps, payment, cancel)),
    ...exchanges.map((exchange): Entry => ({
      kind: 'exchange',
      at: instant(exchange.startedAtMs),
      exchange: showExchange(exchange),
    })),
    ...evidence.map(evidenceEntry),
    ...stateEntries(payment, exchanges),
  ]
}

function cancelEntry(deps: PaymentAnswerDependencies, payment: Payment, cancel: Cancel): Entry {
  const at = instant(cancel.startedAtMs)
  return { kind: 'cancel', at, cancel: showCancel(deps, payment, cancel) }
}

function evidenceEntry({ recordedAtMs, ...evidence }: KeptEvidence): Entry {
  return { kind: 'evidence', at: instant(recordedAtMs), ...evidence }
}

/** The changes of state that the row still knows; that it was unknown is known from its exchange. */
function stateEntries(payment: Payment, exchanges: readonly KeptExchange[]): Entry[] {
  const lost = exchanges.find(
    ({ purpose, outcome }) => purpose !== 'cancel' && outcome === 'unknown',
  )
  const nothing = { failure: null, reason: null }
  const { failure, failReason, cancelReason } = payment
  const changes = [
    { state: 'unknown', atMs: lost?.finishedAtMs ?? null, ...nothing, reason: lost?.cause ?? null },
    { state: 'paid', atMs: payment.paidAtMs, ...nothing },
    { state: 'failed', atMs: payment.failedAtMs, failure, reason: failReason },
    { state: 'cancelled', atMs: payment.cancelledAtMs, failure: null, reason: cancelReason },
  ] as const
  return changes.flatMap(({ atMs, ...change }): Entry[] =>
    atMs === null ? [] : [{ kind: 'state', at: instant(atMs), ...change }],
  )
}

async function withMerchant(
  { db }: PaymentAnswerDependencies,
  { merchantId, impUid }: Payment,
): Promise<Entry[]> {
  const limit = entriesMax + 1
  const [webhooks, attempts] = await Promise.all([
    listWebhooksOfPayment(db, merchantId, impUid, limit),
    listAttemptsOfPayment(db, merchantId, impUid, limit),
  ])
  return [...webhooks.map(webhookEntry), ...attempts.map(attemptEntry)]
}

function webhookEntry(webhook: Webhook): Entry {
  return {
    kind: 'webhook',
    at: instant(webhook.createdAtMs),
    webhookId: webhook.webhookId,
    status: webhook.status,
    state: webhook.state,
    attemptCount: webhook.attemptCount,
    nextAttemptAt: instantOrNull(webhook.dueAtMs),
    deliveredAt: instantOrNull(webhook.deliveredAtMs),
    archiveId: webhook.archiveId,
  }
}

function attemptEntry(attempt: WebhookAttempt & Pick<Webhook, 'webhookId'>): Entry {
  return {
    kind: 'webhook_attempt',
    at: instant(attempt.startedAtMs),
    webhookId: attempt.webhookId,
    attempt: attempt.attempt,
    url: attempt.url,
    httpStatus: attempt.status,
    error: attempt.error,
    durationMs: attempt.durationMs,
  }
}

async function fromBooks(
  { db }: PaymentAnswerDependencies,
  { merchantId, impUid }: Payment,
): Promise<Entry[]> {
  const limit = entriesMax + 1
  const subject = { actor: null, action: null, subject: impUid, sinceMs: null, untilMs: null }
  const [facts, events, discrepancies] = await Promise.all([
    listFacts(db, merchantId, impUid, limit),
    pageOfEvents(db, merchantId, subject, { before: null, limit }),
    listDiscrepanciesOfOrder(db, merchantId, impUid, limit),
  ])
  return [...facts.map(factEntry), ...events.map(actEntry), ...discrepancies.map(discrepancyEntry)]
}

function factEntry(fact: KeptFact): Entry {
  return {
    kind: 'gateway_fact',
    at: instant(fact.receivedAtMs),
    source: fact.source,
    fact: fact.kind,
    transactionId: fact.transactionId,
    amountWon: fact.amountWon,
    happenedAt: instantOrNull(fact.happenedAtMs),
    times: fact.times,
  }
}

function actEntry(event: AuditEvent): Entry {
  return {
    kind: 'act',
    at: instant(event.recordedAtMs),
    eventId: event.eventId,
    actor: event.actor,
    action: event.action,
    detail: JSON.parse(event.detail) as unknown,
  }
}

function discrepancyEntry(discrepancy: Discrepancy): Entry {
  return {
    kind: 'discrepancy',
    at: instant(discrepancy.raisedAtMs),
    discrepancyId: discrepancy.discrepancyId,
    discrepancyKind: discrepancy.kind,
    detail: discrepancy.detail,
    resolvedAt: instantOrNull(discrepancy.resolvedAtMs),
    resolvedBy: discrepancy.resolvedBy,
  }
}

function showExchange({
  record,
  startedAtMs,
  finishedAtMs,
  ...exchange
}: KeptExchange): Static<typeof exchangeSchema> {
  return {
    ...exchange,
    method: record?.method ?? null,
    startedAt: instant(startedAtMs),
    finishedAt: instantOrNull(finishedAtMs),
    ready: showStep(record?.ready),
    execute: showStep(record?.execute),
  }
}

function showStep(step: WireStep | null | undefined) {
  if (step === null || step === undefined) return null
  const { url, request, status, response, error, durationMs } = step
  return {
    url,
    httpStatus: status,
    error,
    durationMs,
    request: pairsOf(request),
    response: response === null ? null : pairsOf(response),
  }
}

function pairsOf(fields: Readonly<Record<string, string>>) {
  return Object.entries(fields).map(([name, value]) => ({ name, value }))
}
