// Payments: the list, one of them with all that happened to it, and what an operator may do about it.

import { Type } from '../http/json-schema.ts'
import { consoleCall } from './console-call.ts'
import {
  choice,
  countSchema,
  doneSchema,
  idParam,
  instantText,
  maybe,
  modes,
  pageParams,
  periodParams,
  reasonParam,
  text,
  walkedListOf,
  won,
} from './console-schema.ts'

export const paymentStates = ['sending', 'unknown', 'paid', 'failed', 'cancelled'] as const
export const paymentMethods = ['key_in', 'billing_key'] as const
const failures = ['declined', 'unsent', 'evidence'] as const
const cancelStates = ['sending', 'unknown', 'done', 'failed'] as const
const outcomes = ['sending', 'approved', 'declined', 'unsent', 'unknown'] as const

const shownPayment = {
  impUid: text(),
  merchantUid: text(),
  state: choice(paymentStates, { description: 'As billkey keeps it.' }),
  isPartlyCancelled: Type.Boolean({ description: 'Cancelled, but not in whole.' }),
  isGivenBack: Type.Boolean({ description: 'Found late and on its way back by itself.' }),
  v1Status: choice(['ready', 'paid', 'failed', 'cancelled'], { description: 'As V1 shows it.' }),
  method: choice(paymentMethods),
  mode: choice(modes),
  purpose: choice(['order', 'card_check']),
  channelKey: text(),
  pgId: text(),
  amountWon: won(),
  cancelledWon: won('Given back for certain.'),
  name: maybe(text()),
  buyerName: maybe(text()),
  customerUid: maybe(text()),
  cardName: maybe(text()),
  cardNumberMasked: maybe(text()),
  failReason: maybe(text()),
  startedAt: instantText(),
  paidAt: maybe(instantText()),
  failedAt: maybe(instantText()),
  cancelledAt: maybe(instantText()),
}

export const paymentSummarySchema = Type.Object(shownPayment)

export const cancelSchema = Type.Object({
  cancelId: text(),
  state: choice(cancelStates),
  amountWon: won(),
  taxFreeWon: won(),
  reason: maybe(text()),
  pgTid: maybe(text()),
  failure: maybe(choice(failures)),
  failReason: maybe(text()),
  startedAt: instantText(),
  cancelledAt: maybe(instantText()),
  receiptUrl: maybe(text()),
  resolvable: Type.Boolean({ description: 'Its outcome is unknown: an operator may settle it.' }),
  notCancelledFrom: maybe(
    instantText('From when on "not cancelled" may be said; null when that is now or never.'),
  ),
})

export const paymentSchema = Type.Object({
  ...shownPayment,
  taxFreeWon: won(),
  vatWon: maybe(won()),
  cardQuota: Type.Integer({ description: '0: lump sum; else months.' }),
  cardCode: maybe(text()),
  cardType: maybe(Type.Integer({ description: '0 credit, 1 debit.' })),
  buyerEmail: maybe(text()),
  buyerTel: maybe(text()),
  buyerAddr: maybe(text()),
  buyerPostcode: maybe(text()),
  customData: maybe(text()),
  noticeUrl: maybe(text()),
  userAgent: maybe(text()),
  customerUidUsage: maybe(choice(['issue', 'payment', 'payment.scheduled'])),
  pgTid: maybe(text('DAOUTRX.')),
  applyNum: maybe(text('AUTHNO.')),
  failure: maybe(choice(failures)),
  cancelReason: maybe(text()),
  receiptUrl: maybe(text()),
  scheduleId: maybe(text('The schedule it came from.')),
  hasBillingKey: Type.Boolean({ description: 'Its customerUid has a billing key now.' }),
  reservedWon: won('Held by cancels whose outcome is not known yet.'),
  cancellableWon: won('What a cancel may ask for; also the checksum it has to carry.'),
  taxFreeCancellableWon: won(),
  cancels: Type.Array(cancelSchema, { description: 'All of them, oldest first.' }),
  acts: Type.Object(
    {
      cancel: Type.Boolean(),
      resolve: Type.Boolean(),
      notChargedFrom: maybe(
        instantText('From when on "not charged" may be said; null when that is now or never.'),
      ),
      resendWebhook: Type.Boolean(),
    },
    { description: 'What the state allows, whoever asks.' },
  ),
})

const wireStepSchema = Type.Object({
  url: text(),
  request: Type.Array(Type.Object({ name: text(), value: text() }), {
    description: 'Masked before it was stored.',
  }),
  httpStatus: maybe(Type.Integer()),
  response: maybe(Type.Array(Type.Object({ name: text(), value: text() }))),
  error: maybe(text('Why there was no usable answer.')),
  durationMs: Type.Integer(),
})

/** One request and answer with PAYJOA. */
export const exchangeSchema = Type.Object({
  exchangeId: text(),
  purpose: choice(['issue', 'charge', 'cancel']),
  cancelId: maybe(text()),
  method: maybe(text('PAYMETHOD.')),
  orderNumber: text(),
  amountWon: won(),
  outcome: choice(outcomes),
  cause: maybe(text()),
  resultCode: maybe(text()),
  resultMessage: maybe(text()),
  transactionId: maybe(text()),
  startedAt: instantText(),
  finishedAt: maybe(instantText()),
  ready: maybe(wireStepSchema),
  execute: maybe(wireStepSchema),
  archiveId: maybe(text('Where what was sent and answered is now: billkey archive show.')),
})

const at = instantText()
const actor = maybe(text())

/** What happened to a payment, by `kind`. */
export const timelineEntrySchema = Type.Union([
  Type.Object({
    kind: Type.Literal('requested'),
    at,
    by: choice(['api', 'schedule', 'card_check'], { description: 'What asked for it.' }),
    amountWon: won(),
    method: choice(paymentMethods),
    scheduleId: maybe(text()),
  }),
  Type.Object({ kind: Type.Literal('exchange'), at, exchange: exchangeSchema }),
  Type.Object({
    kind: Type.Literal('state'),
    at,
    state: choice(paymentStates),
    failure: maybe(choice(failures)),
    reason: maybe(text()),
  }),
  Type.Object({
    kind: Type.Literal('evidence'),
    at,
    source: choice(['operator', 'notification', 'daily_file', 'answer']),
    verdict: choice(['charged', 'not_charged', 'cancelled', 'not_cancelled']),
    cancelId: maybe(text('Null: about the payment itself.')),
    transactionId: maybe(text()),
    actor: text(),
    reason: text(),
  }),
  Type.Object({
    kind: Type.Literal('gateway_fact'),
    at,
    source: choice(['notification', 'daily_file']),
    fact: choice(['approval', 'cancel']),
    transactionId: text(),
    amountWon: won(),
    happenedAt: maybe(instantText("By PAYJOA's clock.")),
    times: Type.Integer({ description: 'How often it came.' }),
  }),
  Type.Object({ kind: Type.Literal('cancel'), at, cancel: cancelSchema }),
  Type.Object({
    kind: Type.Literal('webhook'),
    at,
    webhookId: text(),
    status: choice(['ready', 'paid', 'failed', 'cancelled']),
    state: choice(['pending', 'held', 'delivered', 'given_up']),
    attemptCount: Type.Integer(),
    nextAttemptAt: maybe(instantText()),
    deliveredAt: maybe(instantText()),
    archiveId: maybe(text('Where its attempts are now, but for those of a later replay.')),
  }),
  Type.Object({
    kind: Type.Literal('webhook_attempt'),
    at,
    webhookId: text(),
    attempt: Type.Integer(),
    url: maybe(text()),
    httpStatus: maybe(Type.Integer()),
    error: maybe(text()),
    durationMs: maybe(Type.Integer({ description: 'Null: no end was recorded.' })),
  }),
  Type.Object({
    kind: Type.Literal('act'),
    at,
    eventId: text(),
    actor: text(),
    action: text(),
    detail: Type.Unknown(),
  }),
  Type.Object({
    kind: Type.Literal('discrepancy'),
    at,
    discrepancyId: text(),
    discrepancyKind: text(),
    detail: text(),
    resolvedAt: maybe(instantText()),
    resolvedBy: actor,
  }),
])

export const paymentFilter = {
  state: Type.Optional(
    choice([...paymentStates, 'partly_cancelled'], { description: 'Absent: all.' }),
  ),
  method: Type.Optional(choice(paymentMethods)),
  mode: Type.Optional(choice(modes)),
  q: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description:
        'imp_uid, merchant_uid, customer_uid or PAYJOA transaction: exact, or the beginning of a uid.',
    }),
  ),
  customerUid: Type.Optional(Type.String({ maxLength: 200 })),
  channelKey: Type.Optional(Type.String({ maxLength: 100 })),
  amountMin: Type.Optional(Type.Integer({ minimum: 0 })),
  amountMax: Type.Optional(Type.Integer({ minimum: 0 })),
  ...periodParams,
}

const impUid = Type.String({ minLength: 1, maxLength: 40 })
const transactionId = Type.Optional(Type.String({ minLength: 1, maxLength: 100 }))

export const paymentCalls = {
  listPayments: consoleCall({
    name: 'listPayments',
    method: 'GET',
    url: '/payments',
    summary: 'Payments by when they were begun',
    access: 'viewer',
    params: Type.Object({
      ...pageParams,
      ...paymentFilter,
      order: choice(['newest', 'oldest'], { default: 'newest' }),
    }),
    response: walkedListOf(paymentSummarySchema),
  }),
  countPayments: consoleCall({
    name: 'countPayments',
    method: 'GET',
    url: '/payments/count',
    summary: 'How many match, up to 1,000, and their sum',
    access: 'viewer',
    params: Type.Object(paymentFilter),
    response: Type.Object({
      ...countSchema.properties,
      amountWon: won('Of those that were counted.'),
    }),
  }),
  exportPayments: consoleCall({
    name: 'exportPayments',
    method: 'GET',
    url: '/payments/export',
    summary: 'All that match, as CSV for Excel, sent as it is read; its last line is #end,<rows>',
    access: 'viewer',
    params: Type.Object({
      ...paymentFilter,
      language: choice(['ko', 'en'], { default: 'ko', description: 'Of the headings.' }),
    }),
    response: Type.Unknown(),
    file: 'text/csv',
  }),
  getPayment: consoleCall({
    name: 'getPayment',
    method: 'GET',
    url: '/payments/:impUid',
    summary: 'One payment',
    access: 'viewer',
    params: Type.Object({ impUid }),
    response: paymentSchema,
  }),
  getTimeline: consoleCall({
    name: 'getTimeline',
    method: 'GET',
    url: '/payments/:impUid/timeline',
    summary: 'All that happened to a payment, oldest first',
    access: 'viewer',
    params: Type.Object({ impUid }),
    response: Type.Object({
      entries: Type.Array(timelineEntrySchema),
      isComplete: Type.Boolean({ description: 'False: only the first 1,000 are shown.' }),
    }),
  }),
  cancelPayment: consoleCall({
    name: 'cancelPayment',
    method: 'POST',
    url: '/payments/:impUid/cancel',
    summary: 'Give money back, in whole or in part',
    access: 'operator',
    params: Type.Object({
      impUid,
      amountWon: Type.Optional(
        Type.Integer({ minimum: 1, description: 'Absent: all that can be cancelled.' }),
      ),
      taxFreeWon: Type.Optional(Type.Integer({ minimum: 0 })),
      checksumWon: Type.Integer({
        minimum: 0,
        description: 'The cancellableWon that was shown: proves that nothing changed meanwhile.',
      }),
      reason: reasonParam,
      tellMerchant: Type.Boolean({ default: true, description: 'Send the webhook.' }),
    }),
    response: Type.Object({
      outcome: choice(['cancelled', 'unknown'], {
        description: 'unknown: it may have happened; never ask again for it. Refusals are errors.',
      }),
      cancelId: text(),
      payment: paymentSchema,
    }),
  }),
  resolvePayment: consoleCall({
    name: 'resolvePayment',
    method: 'POST',
    url: '/payments/:impUid/resolve',
    summary: "Settle an unknown payment with what PAYJOA's admin shows",
    access: 'operator',
    params: Type.Object({
      impUid,
      verdict: choice(['charged', 'not_charged']),
      transactionId,
      approvalNumber: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
      reason: reasonParam,
    }),
    response: paymentSchema,
  }),
  resolveCancel: consoleCall({
    name: 'resolveCancel',
    method: 'POST',
    url: '/payments/:impUid/cancels/:cancelId/resolve',
    summary: "Settle an unknown cancel with what PAYJOA's admin shows",
    access: 'operator',
    params: Type.Object({
      impUid,
      cancelId: idParam(),
      verdict: choice(['cancelled', 'not_cancelled']),
      transactionId,
      reason: reasonParam,
    }),
    response: paymentSchema,
  }),
  resendPaymentWebhook: consoleCall({
    name: 'resendPaymentWebhook',
    method: 'POST',
    url: '/payments/:impUid/webhooks/resend',
    summary: 'Tell the merchant again of the newest fact about this payment',
    access: 'operator',
    params: Type.Object({ impUid }),
    response: Type.Object({ ...doneSchema.properties, webhookId: text() }),
  }),
}
