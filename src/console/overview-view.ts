// The home page: today, the weeks before, the days to come, and what is not well.

import { Type } from '../http/json-schema.ts'
import { consoleCall } from './console-call.ts'
import {
  choice,
  countSchema,
  dayText,
  instantText,
  maybe,
  modes,
  text,
  won,
} from './console-schema.ts'

export const periods = ['day', 'week', 'month'] as const

const tallySchema = Type.Object({ count: Type.Integer(), amountWon: won() })

export const gatewayStates = ['answers', 'down'] as const

const seriesPointSchema = Type.Object({
  start: dayText('The first day of the point, in Korea. Weeks begin on Monday.'),
  approvedCount: Type.Integer(),
  approvedWon: won('Taken.'),
  refundedWon: won('Given back, on the day it went back.'),
  revenueWon: won('Taken less given back.'),
  failedCount: Type.Integer(),
  approvalRate: maybe(
    Type.Number({ description: '0 to 1, of approved and failed ones. Null: there were none.' }),
  ),
})

export const overviewSchema = Type.Object({
  asOf: instantText("The merchant's present instant."),
  today: Type.Object({
    day: dayText(),
    approved: tallySchema,
    failed: tallySchema,
    unknown: tallySchema,
    refunded: tallySchema,
  }),
  period: choice(periods),
  series: Type.Array(seriesPointSchema, {
    description: '30 days, 13 weeks or 12 months, oldest first, without gaps.',
  }),
  failureReasons: Type.Array(
    Type.Object({
      reason: text('As PAYJOA or billkey gave it: `[code]message`.'),
      count: Type.Integer(),
      amountWon: won(),
    }),
    { description: 'Of the last 30 days, the most frequent first, ten at most.' },
  ),
  failuresCounted: Type.Object({
    count: Type.Integer({ description: 'Of how many failures the reasons are: the newest.' }),
    isComplete: Type.Boolean({ description: 'False: there are more than were looked at.' }),
  }),
  upcoming: Type.Array(Type.Object({ day: dayText(), count: Type.Integer(), amountWon: won() }), {
    description: 'Scheduled payments of today and the 13 days after it, without gaps.',
  }),
  unknownPayments: Type.Object({
    count: Type.Integer(),
    amountWon: won(),
    isExact: Type.Boolean(),
  }),
  openDiscrepancies: countSchema,
  webhooks: Type.Object({
    pending: countSchema,
    held: countSchema,
    givenUpToday: countSchema,
    oldestPendingAt: maybe(instantText()),
    endpoints: Type.Array(
      Type.Object({
        mode: choice(modes),
        url: maybe(text()),
        failingSince: maybe(instantText()),
        pausedAt: maybe(instantText()),
      }),
    ),
  }),
  gateways: Type.Array(
    Type.Object({
      channelKey: text(),
      name: text(),
      pgId: text(),
      mode: choice(modes),
      state: choice(gatewayStates),
      downSince: maybe(instantText()),
      downReason: maybe(text()),
    }),
  ),
  setUp: Type.Object(
    {
      hasChannel: Type.Boolean(),
      hasApiKey: Type.Boolean(),
      hasPayment: Type.Boolean(),
      hasBillingKey: Type.Boolean(),
      hasSchedule: Type.Boolean(),
      hasWebhookEndpoint: Type.Boolean(),
    },
    { description: 'How far a new merchant has come.' },
  ),
})

export const overviewCalls = {
  getOverview: consoleCall({
    name: 'getOverview',
    method: 'GET',
    url: '/overview',
    summary: 'Today, charts, what is to come, and what is not well',
    access: 'viewer',
    params: Type.Object({ period: choice(periods, { default: 'day' }) }),
    response: overviewSchema,
  }),
}
