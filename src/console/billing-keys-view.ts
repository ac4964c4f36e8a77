// Billing keys: what V1 calls customers. The key itself is never shown, and PAYJOA tells no expiry of the card behind it.

import { pendingSchedulesPolicies } from '../accounts/pending-schedules-policy.ts'
import { Type } from '../http/json-schema.ts'
import { consoleCall } from './console-call.ts'
import {
  choice,
  countSchema,
  instantText,
  maybe,
  modes,
  pageParams,
  text,
  walkedListOf,
  won,
} from './console-schema.ts'
import { paymentSummarySchema } from './payments-view.ts'

const shownKey = {
  customerUid: text(),
  channelKey: text(),
  pgId: text(),
  mode: choice(modes),
  cardNumberMasked: text(),
  cardCode: maybe(text()),
  cardName: maybe(text()),
  cardType: maybe(Type.Integer({ description: '0 credit, 1 debit.' })),
  customerId: maybe(text()),
  customerName: maybe(text()),
  customerTel: maybe(text()),
  customerEmail: maybe(text()),
  insertedAt: instantText('Of the first issue.'),
  updatedAt: instantText('Of the last issue; equal to insertedAt for a card never replaced.'),
}

export const billingKeySummarySchema = Type.Object(shownKey)

export const billingKeySchema = Type.Object({
  ...shownKey,
  customerAddr: maybe(text()),
  customerPostcode: maybe(text()),
  replacedCardNumberMasked: maybe(text('The card before this one.')),
  isChannelEnabled: Type.Boolean({ description: 'False: it cannot be charged.' }),
  paymentCount: countSchema,
  paidWon: won('Of the payments that were counted, less what was given back.'),
  pendingScheduleCount: countSchema,
  lastPayment: maybe(
    Type.Object({
      impUid: text(),
      v1Status: choice(['ready', 'paid', 'failed', 'cancelled']),
      amountWon: won(),
      startedAt: instantText(),
    }),
  ),
  failuresInARow: Type.Integer({
    description: 'Newest payments that failed, ten at most: a card that has expired shows here.',
  }),
  mayTestCharge: Type.Boolean({ description: 'It is of a test contract.' }),
})

const customerUid = Type.String({ minLength: 1, maxLength: 200 })

export const billingKeyCalls = {
  listBillingKeys: consoleCall({
    name: 'listBillingKeys',
    method: 'GET',
    url: '/billing-keys',
    summary: 'Billing keys, last issued first',
    access: 'viewer',
    params: Type.Object({
      ...pageParams,
      q: Type.Optional(
        Type.String({ minLength: 1, maxLength: 200, description: 'Beginning of customer_uid.' }),
      ),
      channelKey: Type.Optional(Type.String({ maxLength: 100 })),
      mode: Type.Optional(choice(modes)),
    }),
    response: walkedListOf(billingKeySummarySchema),
  }),
  getBillingKey: consoleCall({
    name: 'getBillingKey',
    method: 'GET',
    url: '/billing-keys/:customerUid',
    summary: 'One billing key; its payments and schedules by the filters of those lists',
    access: 'viewer',
    params: Type.Object({ customerUid }),
    response: billingKeySchema,
  }),
  deleteBillingKey: consoleCall({
    name: 'deleteBillingKey',
    method: 'DELETE',
    url: '/billing-keys/:customerUid',
    summary: 'Delete a billing key',
    access: 'operator',
    params: Type.Object({
      customerUid,
      pendingSchedules: Type.Optional(
        choice(pendingSchedulesPolicies, {
          description: "What becomes of its schedules; absent: the merchant's setting.",
        }),
      ),
      reason: Type.Optional(Type.String({ maxLength: 500 })),
    }),
    response: Type.Object({
      customerUid: text(),
      pendingSchedules: Type.Integer({ description: 'How many there were.' }),
      policy: choice(pendingSchedulesPolicies),
    }),
  }),
  testCharge: consoleCall({
    name: 'testCharge',
    method: 'POST',
    url: '/billing-keys/:customerUid/test-charge',
    summary: 'Charge a key of a test contract; moves no money',
    access: 'operator',
    params: Type.Object({
      customerUid,
      amountWon: Type.Integer({ minimum: 1, maximum: 9_999_999_999, default: 1_000 }),
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    }),
    response: paymentSummarySchema,
  }),
}
