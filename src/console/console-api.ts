// The whole contract of the console's API: every call there is, by area, and the schemas that have names.

import type { TSchema } from 'typebox'

import { billingKeyCalls, billingKeySchema, billingKeySummarySchema } from './billing-keys-view.ts'
import { channelCalls, channelSchema, instalmentsSchema, reportCalls } from './channels-view.ts'
import { clockCalls, clockSchema } from './clock-view.ts'
import type { ConsoleCall } from './console-call.ts'
import { countSchema } from './console-schema.ts'
import { describeConsole } from './describe-console.ts'
import { apiKeyCalls, apiKeySchema, developerCalls, requestSchema } from './developers-view.ts'
import { overviewCalls, overviewSchema } from './overview-view.ts'
import {
  cancelSchema,
  exchangeSchema,
  paymentCalls,
  paymentSchema,
  paymentSummarySchema,
  timelineEntrySchema,
} from './payments-view.ts'
import {
  queueCalls,
  scheduleCalls,
  scheduleSchema,
  scheduleSummarySchema,
} from './schedules-view.ts'
import { openSessionSchema, sessionCalls, sessionSchema } from './session-view.ts'
import {
  auditCalls,
  auditEventSchema,
  discrepancyCalls,
  discrepancySchema,
  operatorCalls,
  operatorSchema,
  settingsCalls,
  settingsSchema,
} from './settings-view.ts'
import { deliverySchema, endpointSchema, webhookCalls } from './webhooks-view.ts'

const calls: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  session: sessionCalls,
  overview: overviewCalls,
  payments: paymentCalls,
  billingKeys: billingKeyCalls,
  schedules: scheduleCalls,
  queue: queueCalls,
  webhooks: webhookCalls,
  channels: channelCalls,
  reports: reportCalls,
  discrepancies: discrepancyCalls,
  apiKeys: apiKeyCalls,
  developers: developerCalls,
  clock: clockCalls,
  audit: auditCalls,
  settings: settingsCalls,
  operators: operatorCalls,
}

/** Every call, by area. */
export const consoleAreas = Object.fromEntries(
  Object.entries(calls).map(([area, ofArea]) => [area, Object.values(ofArea) as ConsoleCall[]]),
)

const schemas: Readonly<Record<string, TSchema>> = {
  Session: sessionSchema,
  OpenSession: openSessionSchema,
  Clock: clockSchema,
  Overview: overviewSchema,
  Count: countSchema,
  PaymentSummary: paymentSummarySchema,
  Payment: paymentSchema,
  Cancel: cancelSchema,
  Exchange: exchangeSchema,
  TimelineEntry: timelineEntrySchema,
  BillingKeySummary: billingKeySummarySchema,
  BillingKey: billingKeySchema,
  ScheduleSummary: scheduleSummarySchema,
  Schedule: scheduleSchema,
  WebhookEndpoint: endpointSchema,
  WebhookDelivery: deliverySchema,
  Channel: channelSchema,
  Instalments: instalmentsSchema,
  ApiKey: apiKeySchema,
  Request: requestSchema,
  Settings: settingsSchema,
  Operator: operatorSchema,
  AuditEvent: auditEventSchema,
  Discrepancy: discrepancySchema,
}

/** The OpenAPI document of all of it. */
export function describeConsoleApi(version: string): object {
  return describeConsole({ areas: consoleAreas, schemas, version })
}
