// PAYJOA contracts: what a wizard needs to set one up, and what may be changed of it. Link keys and passwords go in and
// never come out.

import { Type } from '../http/json-schema.ts'
import { consoleCall } from './console-call.ts'
import { choice, dayText, instantText, maybe, modes, noParams, text } from './console-schema.ts'
import { gatewayStates } from './overview-view.ts'

const cardRoutes = ['D', 'K'] as const
const productTypes = ['digital', 'physical'] as const
const taxModes = ['taxable', 'exempt', 'per_payment'] as const
const unmappablePolicies = ['substitute', 'reject'] as const
const lateApprovalPolicies = ['keep', 'cancel'] as const

const months = Type.Array(Type.Integer({ minimum: 2, maximum: 12 }), { maxItems: 11 })

const byCompany = Type.Array(Type.Object({ cardCode: Type.String({ maxLength: 3 }), months }), {
  maxItems: 100,
  description: 'Companies with months of their own, by KFTC code.',
})

export const instalmentsSchema = Type.Object({ others: months, byCompany })

/** As they are asked for. An empty list and nothing said are different wishes. */
export const wantedInstalmentsSchema = Type.Object({
  others: maybe(
    Type.Array(Type.Integer({ minimum: 2, maximum: 12 }), {
      maxItems: 11,
      description: 'Empty: a lump sum only. Null: the usual, 2 to 12.',
    }),
  ),
  byCompany,
})

export const channelSchema = Type.Object({
  channelKey: text(),
  name: text(),
  provider: choice(['daou']),
  pgId: text('CPID.'),
  mode: choice(modes, { description: 'sandbox: a test contract.' }),
  baseUrl: text(),
  cardRoute: choice(cardRoutes, { description: 'D: PAYJOA acquires. K: through KCP.' }),
  productType: choice(productTypes),
  taxMode: choice(taxModes),
  allowsKeyInPlain: Type.Boolean({ description: 'Card and expiry: BILLTYPE 18.' }),
  allowsKeyInVerified: Type.Boolean({ description: 'With birth and password: BILLTYPE 13.' }),
  allowsBilling: Type.Boolean({ description: 'Billing keys: BILLTYPE 14.' }),
  unmappable: choice(unmappablePolicies, {
    description: 'What is done with characters that EUC-KR cannot carry.',
  }),
  instalments: instalmentsSchema,
  rateCapPerSecond: maybe(Type.Integer({ description: 'Of each billing method; null: none.' })),
  totalRateCapPerSecond: maybe(Type.Integer({ description: 'Of the contract; null: none.' })),
  lateApprovals: choice(lateApprovalPolicies, {
    description: 'What becomes of an approval found when nobody waits for its answer.',
  }),
  reportBaseUrl: maybe(text()),
  hasReportPassword: Type.Boolean({ description: 'Without it no daily file is fetched.' }),
  notificationPath: text('To be registered with PAYJOA, behind the address of this server.'),
  isDefault: Type.Boolean(),
  disabledAt: maybe(instantText()),
  gateway: Type.Object({
    state: choice(gatewayStates),
    downSince: maybe(instantText()),
    reason: maybe(text()),
  }),
})

const cap = maybe(Type.Integer({ minimum: 1, maximum: 1000 }))
const secret = Type.String({ minLength: 1, maxLength: 256 })
const name = Type.String({ minLength: 1, maxLength: 100 })
const url = Type.String({ minLength: 1, maxLength: 200 })

/** One method of the contract, tried at PAYJOA's ready step, which moves no money. */
const proofSchema = Type.Object({
  method: text('PAYMETHOD: CARD-SUGI, CARD-BATCH …'),
  isReady: Type.Boolean(),
  cause: maybe(text('Why not, in one word: `connect`, `ready_refused` …')),
  code: maybe(text("PAYJOA's RESULTCODE.")),
  message: maybe(text("PAYJOA's words, or billkey's own.")),
  httpStatus: maybe(Type.Integer()),
  durationMs: maybe(Type.Integer()),
  url: maybe(text()),
})

const channelKeyParam = { channelKey: Type.String({ maxLength: 100 }) }

export const channelCalls = {
  listChannels: consoleCall({
    name: 'listChannels',
    method: 'GET',
    url: '/channels',
    summary: 'All channels, disabled ones too, oldest first',
    access: 'viewer',
    params: noParams,
    response: Type.Object({ items: Type.Array(channelSchema) }),
  }),
  getChannelOptions: consoleCall({
    name: 'getChannelOptions',
    method: 'GET',
    url: '/channel-options',
    summary: 'What the set-up wizard offers, and its defaults',
    access: 'viewer',
    params: noParams,
    response: Type.Object({
      defaults: Type.Array(
        Type.Object({
          mode: choice(modes),
          baseUrl: text(),
          reportBaseUrl: text(),
          rateCapPerSecond: maybe(Type.Integer()),
          totalRateCapPerSecond: maybe(Type.Integer()),
        }),
      ),
      cardCompanies: Type.Array(Type.Object({ cardCode: text(), name: text() })),
      instalmentMonths: Type.Array(Type.Integer()),
    }),
  }),
  addChannel: consoleCall({
    name: 'addChannel',
    method: 'POST',
    url: '/channels',
    summary: 'Set up a contract',
    access: 'owner',
    params: Type.Object({
      pgId: Type.String({ minLength: 1, maxLength: 20 }),
      linkKey: secret,
      mode: choice(modes),
      name: Type.Optional(name),
      baseUrl: Type.Optional(url),
      cardRoute: choice(cardRoutes, { default: 'D' }),
      productType: choice(productTypes, { default: 'digital' }),
      taxMode: choice(taxModes, { default: 'taxable' }),
      allowsKeyInPlain: Type.Boolean({ default: false }),
      allowsKeyInVerified: Type.Boolean({ default: false }),
      allowsBilling: Type.Boolean({ default: false }),
      unmappable: choice(unmappablePolicies, { default: 'substitute' }),
      instalments: Type.Optional(wantedInstalmentsSchema),
      rateCapPerSecond: Type.Optional(cap),
      totalRateCapPerSecond: Type.Optional(cap),
      lateApprovals: choice(lateApprovalPolicies, { default: 'keep' }),
      reportPassword: Type.Optional(secret),
      reportBaseUrl: Type.Optional(url),
      makeDefault: Type.Boolean({ default: false }),
    }),
    response: channelSchema,
  }),
  changeChannel: consoleCall({
    name: 'changeChannel',
    method: 'PATCH',
    url: '/channels/:channelKey',
    summary: 'Change what may be changed of a contract; what is left out stays',
    access: 'owner',
    params: Type.Object({
      ...channelKeyParam,
      name: Type.Optional(name),
      linkKey: Type.Optional(secret),
      unmappable: Type.Optional(choice(unmappablePolicies)),
      instalments: Type.Optional(wantedInstalmentsSchema),
      rateCapPerSecond: Type.Optional(cap),
      totalRateCapPerSecond: Type.Optional(cap),
      lateApprovals: Type.Optional(choice(lateApprovalPolicies)),
      reportPassword: Type.Optional(secret),
      reportBaseUrl: Type.Optional(url),
    }),
    response: channelSchema,
  }),
  testChannel: consoleCall({
    name: 'testChannel',
    method: 'POST',
    url: '/channels/:channelKey/test',
    summary: 'Try every method of the contract at the ready step; moves no money',
    access: 'operator',
    params: Type.Object(channelKeyParam),
    response: Type.Object({ isReady: Type.Boolean(), methods: Type.Array(proofSchema) }),
  }),
  makeChannelDefault: consoleCall({
    name: 'makeChannelDefault',
    method: 'POST',
    url: '/channels/:channelKey/default',
    summary: 'Make it the channel of requests that name none',
    access: 'owner',
    params: Type.Object(channelKeyParam),
    response: channelSchema,
  }),
  disableChannel: consoleCall({
    name: 'disableChannel',
    method: 'POST',
    url: '/channels/:channelKey/disable',
    summary: 'Take no more money on it; cancels still work',
    access: 'owner',
    params: Type.Object(channelKeyParam),
    response: channelSchema,
  }),
  retryGateway: consoleCall({
    name: 'retryGateway',
    method: 'POST',
    url: '/channels/:channelKey/retry-gateway',
    summary: 'Take a gateway that is down for answering again, without waiting for the probe',
    access: 'operator',
    params: Type.Object(channelKeyParam),
    response: channelSchema,
  }),
}

const reportSchema = Type.Object({
  channelKey: text(),
  channelName: text(),
  pgId: text(),
  day: dayText(),
  state: choice(['fetched', 'failed', 'fetching']),
  attemptedAt: instantText(),
  fetchedAt: maybe(instantText('Of the last file that could be had.')),
  failure: maybe(text()),
  approvals: Type.Integer(),
  cancels: Type.Integer(),
  unreadableLines: Type.Integer(),
  missing: Type.Object(
    { keyIn: Type.Integer(), billingKey: Type.Integer(), cancels: Type.Integer() },
    { description: 'What our books have and the file lacks.' },
  ),
})

export const reportCalls = {
  listReports: consoleCall({
    name: 'listReports',
    method: 'GET',
    url: '/reports',
    summary: 'Daily files of all channels that have a report password, newest day first',
    access: 'viewer',
    params: Type.Object({
      channelKey: Type.Optional(Type.String({ maxLength: 100 })),
    }),
    response: Type.Object({
      items: Type.Array(reportSchema, { description: 'Of the last 400 days of each channel.' }),
      hasReportingChannel: Type.Boolean(),
    }),
  }),
  fetchReport: consoleCall({
    name: 'fetchReport',
    method: 'POST',
    url: '/reports/:day/fetch',
    summary: 'Fetch the files of a day now and hold them against the books',
    access: 'operator',
    params: Type.Object({
      day: dayText(),
      channelKey: Type.Optional(Type.String({ maxLength: 100 })),
    }),
    response: Type.Object({
      results: Type.Array(
        Type.Object({
          channelKey: text(),
          pgId: text(),
          isRead: Type.Boolean(),
          failure: maybe(text('Why it was not read; null too when a worker is reading it.')),
          approvals: Type.Integer(),
          cancels: Type.Integer(),
          unreadableLines: Type.Integer(),
          missingCount: Type.Integer(),
          settledCount: Type.Integer({ description: 'Unknown payments and cancels it ended.' }),
          raisedCount: Type.Integer({ description: 'Discrepancies it raised.' }),
        }),
      ),
    }),
  }),
}
