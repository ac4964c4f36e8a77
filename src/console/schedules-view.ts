// Payments reserved for a time: the list, the calendar, what may be changed of them, and what waits behind a rate.

import { Type } from '../http/json-schema.ts'
import { bulkActs, shownStates } from '../schedules/schedule-search.store.ts'
import { consoleCall } from './console-call.ts'
import {
  choice,
  countSchema,
  dayText,
  idParam,
  instantText,
  maybe,
  noParams,
  pageParams,
  periodParams,
  reasonParam,
  text,
  walkedListOf,
  won,
} from './console-schema.ts'
import { gatewayStates } from './overview-view.ts'
import { paymentSummarySchema } from './payments-view.ts'

const shownSchedule = {
  scheduleId: text(),
  merchantUid: text(),
  customerUid: text(),
  state: choice(shownStates, { description: '`executing`: its payment is on its way or unknown.' }),
  scheduleAt: instantText(),
  dueAt: instantText('Later than scheduleAt when an attempt did not reach PAYJOA.'),
  amountWon: won(),
  name: text(),
  impUid: maybe(text('Of the last attempt.')),
  failReason: maybe(text()),
  unsentAttempts: Type.Integer({ description: 'Attempts so far that did not reach PAYJOA.' }),
  executedAt: maybe(instantText()),
  revokedAt: maybe(instantText()),
}

export const scheduleSummarySchema = Type.Object(shownSchedule)

export const scheduleSchema = Type.Object({
  ...shownSchedule,
  taxFreeWon: won(),
  vatWon: maybe(won()),
  cardQuota: Type.Integer(),
  customerId: maybe(text()),
  buyerName: maybe(text()),
  buyerEmail: maybe(text()),
  buyerTel: maybe(text()),
  buyerAddr: maybe(text()),
  buyerPostcode: maybe(text()),
  customData: maybe(text()),
  noticeUrl: maybe(text()),
  createdAt: instantText(),
  updatedAt: instantText(),
  hasBillingKey: Type.Boolean({ description: 'False: an attempt would fail.' }),
  attempts: Type.Array(paymentSummarySchema, {
    description: 'Payments under its merchant_uid, oldest first, 50 at most.',
  }),
  acts: Type.Object({
    reschedule: Type.Boolean(),
    revoke: Type.Boolean(),
    retry: Type.Boolean(),
  }),
})

export const scheduleFilter = {
  state: Type.Optional(choice(shownStates)),
  customerUid: Type.Optional(Type.String({ maxLength: 200 })),
  q: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'merchant_uid or customer_uid: exact, or the beginning.',
    }),
  ),
  ...periodParams,
}

const tally = Type.Object({ count: Type.Integer(), amountWon: won() })
const scheduleIdParam = { scheduleId: idParam() }

/** Why one of many was left as it was. */
const bulkFailureSchema = Type.Object({
  scheduleId: text(),
  merchantUid: text(),
  code: choice([
    'not_found',
    'schedule_not_scheduled',
    'schedule_not_repeatable',
    'schedule_uid_taken',
    'schedule_in_past',
    'charge_failed',
    'charge_unknown',
    'internal_error',
  ]),
  message: text(),
})

export const scheduleCalls = {
  listSchedules: consoleCall({
    name: 'listSchedules',
    method: 'GET',
    url: '/schedules',
    summary: 'Schedules by the time they are reserved for',
    access: 'viewer',
    params: Type.Object({
      ...pageParams,
      ...scheduleFilter,
      order: choice(['newest', 'oldest'], { default: 'newest' }),
    }),
    response: walkedListOf(scheduleSummarySchema),
  }),
  countSchedules: consoleCall({
    name: 'countSchedules',
    method: 'GET',
    url: '/schedules/count',
    summary: 'How many match, up to 1,000, and their sum',
    access: 'viewer',
    params: Type.Object(scheduleFilter),
    response: Type.Object({
      ...countSchema.properties,
      amountWon: won('Of those that were counted.'),
    }),
  }),
  getCalendar: consoleCall({
    name: 'getCalendar',
    method: 'GET',
    url: '/schedules/calendar',
    summary: 'A month, by day in Korea',
    access: 'viewer',
    params: Type.Object({
      month: Type.String({ pattern: '^[0-9]{4}-(0[1-9]|1[0-2])$', description: '2026-11.' }),
    }),
    response: Type.Object({
      month: text(),
      days: Type.Array(
        Type.Object({
          day: dayText(),
          scheduled: tally,
          executing: tally,
          paid: tally,
          failed: tally,
          cancelled: tally,
          revoked: tally,
        }),
        { description: 'Every day of the month.' },
      ),
    }),
  }),
  getSchedule: consoleCall({
    name: 'getSchedule',
    method: 'GET',
    url: '/schedules/:scheduleId',
    summary: 'One schedule',
    access: 'viewer',
    params: Type.Object(scheduleIdParam),
    response: scheduleSchema,
  }),
  reschedule: consoleCall({
    name: 'reschedule',
    method: 'POST',
    url: '/schedules/:scheduleId/reschedule',
    summary: 'Another time for one that is scheduled; a new one for one that failed or was revoked',
    access: 'operator',
    params: Type.Object({ ...scheduleIdParam, dueAt: instantText() }),
    response: scheduleSchema,
  }),
  revokeSchedule: consoleCall({
    name: 'revokeSchedule',
    method: 'POST',
    url: '/schedules/:scheduleId/revoke',
    summary: 'Revoke one that is scheduled',
    access: 'operator',
    params: Type.Object({ ...scheduleIdParam, reason: Type.Optional(reasonParam) }),
    response: scheduleSchema,
  }),
  retrySchedule: consoleCall({
    name: 'retrySchedule',
    method: 'POST',
    url: '/schedules/:scheduleId/retry',
    summary: 'Charge one that failed or was revoked, now',
    access: 'operator',
    params: Type.Object(scheduleIdParam),
    response: scheduleSchema,
  }),
  changeSchedules: consoleCall({
    name: 'changeSchedules',
    method: 'POST',
    url: '/schedules/bulk',
    summary: 'Do something to many, in bites: repeat with nextCursor until it is null',
    access: 'operator',
    params: Type.Object({
      act: choice(bulkActs),
      isPreview: Type.Boolean({ description: 'Only say what would be done.' }),
      scheduleIds: Type.Optional(Type.Array(idParam(), { minItems: 1, maxItems: 500 })),
      filter: Type.Optional(
        Type.Object(scheduleFilter, {
          additionalProperties: false,
          description: 'Instead of ids: all that match.',
        }),
      ),
      dueAt: Type.Optional(instantText('Of reschedule: one time for all.')),
      shiftDays: Type.Optional(
        Type.Integer({ minimum: -366, maximum: 366, description: 'Of reschedule: each so much.' }),
      ),
      cursor: Type.Optional(Type.String({ maxLength: 512 })),
      reason: Type.Optional(reasonParam),
    }),
    response: Type.Object({
      matched: countSchema,
      eligible: tally,
      doneCount: Type.Integer({ description: 'In this bite; 0 in a preview.' }),
      failures: Type.Array(bulkFailureSchema, { description: 'In this bite.' }),
      sample: Type.Array(scheduleSummarySchema, { description: 'The first 20 it applies to.' }),
      nextCursor: maybe(text('Null: nothing is left. Always null in a preview.')),
    }),
  }),
}

export const queueCalls = {
  getQueue: consoleCall({
    name: 'getQueue',
    method: 'GET',
    url: '/queue',
    summary: "What waits behind each channel's rate, and when it will be through",
    access: 'viewer',
    params: noParams,
    response: Type.Object({
      asOf: instantText(),
      channels: Type.Array(
        Type.Object({
          channelKey: text(),
          name: text(),
          pgId: text(),
          rateCapPerSecond: maybe(Type.Integer()),
          due: countSchema,
          executing: Type.Integer(),
          oldestDueAt: maybe(instantText()),
          throughAt: maybe(instantText('Null: nothing waits, or its gateway is down.')),
          gateway: Type.Object({
            state: choice(gatewayStates),
            downSince: maybe(instantText()),
            reason: maybe(text()),
            nextProbeAt: maybe(instantText()),
          }),
        }),
      ),
      keylessCount: Type.Integer({ description: 'Due, but their billing key is gone.' }),
    }),
  }),
}
