// Charges without a payment window, now and at a time.

import { type Caller, pathOf } from './caller.ts'
import { charge } from './charge.ts'
import type { ChargeOutcome } from './outcomes.ts'
import type { Page, Schedule } from './v1-objects.ts'
import type {
  AgainRequest,
  CallOptions,
  CustomerSchedulesRequest,
  ForeignRequest,
  ListSchedulesRequest,
  MutationOptions,
  OnetimeRequest,
  OrderFields,
  ScheduleRequest,
  UnscheduleRequest,
} from './v1-requests.ts'

/** The charges give an outcome and throw only when they were refused or never left. */
export interface SubscribeCalls {
  /** Charges a card; with a customer_uid the card is kept as a billing key too. */
  onetime(request: OnetimeRequest, options?: MutationOptions): Promise<ChargeOutcome>
  /** Charges a card by its number and expiry alone. */
  foreign(request: ForeignRequest, options?: MutationOptions): Promise<ChargeOutcome>
  /** Charges a billing key. */
  again(request: AgainRequest, options?: MutationOptions): Promise<ChargeOutcome>
  /** Reserves payments: all of them, or none. In the order of the request. */
  schedule(request: ScheduleRequest, options?: MutationOptions): Promise<readonly Schedule[]>
  /** Revokes what is pending and gives what was revoked. Throws RefusedError when there was nothing. */
  unschedule(request: UnscheduleRequest, options?: MutationOptions): Promise<readonly Schedule[]>
  /** Throws NotFoundError. */
  getSchedule(merchantUid: string, options?: CallOptions): Promise<Schedule>
  /** Moves a pending payment to another time, in Unix seconds. */
  moveSchedule(
    merchantUid: string,
    scheduleAt: number,
    options?: MutationOptions,
  ): Promise<Schedule>
  /** Reserves a failed or revoked payment anew, in Unix seconds. */
  reschedule(merchantUid: string, scheduleAt: number, options?: MutationOptions): Promise<Schedule>
  /** Charges a failed or revoked schedule now. */
  retry(merchantUid: string, options?: MutationOptions): Promise<ChargeOutcome>
  listSchedules(request: ListSchedulesRequest, options?: CallOptions): Promise<Page<Schedule>>
  /** Of one customer; an empty page for an unknown one. */
  customerSchedules(
    customerUid: string,
    request: CustomerSchedulesRequest,
    options?: CallOptions,
  ): Promise<Page<Schedule>>
}

export function subscribeCalls(caller: Caller): SubscribeCalls {
  const pay = (name: string) => async (request: OrderFields, options?: MutationOptions) =>
    charge(caller, request.merchant_uid, {
      method: 'POST',
      path: `/subscribe/payments/${name}`,
      body: withCustomText(request),
      options,
    })
  return {
    ...scheduleChanges(caller),
    ...scheduleLookUps(caller),
    onetime: pay('onetime'),
    foreign: pay('foreign'),
    again: pay('again'),
    retry: async (merchantUid, options) =>
      charge(caller, merchantUid, {
        method: 'POST',
        path: pathOf`/subscribe/payments/schedule/${merchantUid}/retry`,
        options,
      }),
  }
}

type ScheduleChanges = Pick<
  SubscribeCalls,
  'schedule' | 'unschedule' | 'moveSchedule' | 'reschedule'
>

function scheduleChanges(caller: Caller): ScheduleChanges {
  const setTime = (schedule_at: number, options?: MutationOptions) => ({
    body: { schedule_at },
    options,
  })
  return {
    schedule: async (request, options) =>
      caller.call({
        method: 'POST',
        path: '/subscribe/payments/schedule',
        body: { ...request, schedules: request.schedules.map(withCustomText) },
        options,
      }),
    unschedule: async (request, options) => {
      checkUnschedule(request)
      const path = '/subscribe/payments/unschedule'
      return caller.call({ method: 'POST', path, body: request, options })
    },
    moveSchedule: async (merchantUid, scheduleAt, options) => {
      const path = pathOf`/subscribe/payments/schedule/${merchantUid}`
      return caller.call({ method: 'PUT', path, ...setTime(scheduleAt, options) })
    },
    reschedule: async (merchantUid, scheduleAt, options) => {
      const path = pathOf`/subscribe/payments/schedule/${merchantUid}/reschedule`
      return caller.call({ method: 'POST', path, ...setTime(scheduleAt, options) })
    },
  }
}

function scheduleLookUps(
  caller: Caller,
): Pick<SubscribeCalls, 'getSchedule' | 'listSchedules' | 'customerSchedules'> {
  return {
    getSchedule: async (merchantUid, options) =>
      caller.call({
        method: 'GET',
        path: pathOf`/subscribe/payments/schedule/${merchantUid}`,
        options,
      }),
    listSchedules: async (request, options) => {
      const path = '/subscribe/payments/schedule'
      return caller.call({ method: 'GET', path, query: { ...request }, options })
    },
    customerSchedules: async (customerUid, { schedule_status, ...span }, options) =>
      caller.call({
        method: 'GET',
        path: pathOf`/subscribe/payments/schedule/customers/${customerUid}`,
        // V1 spells it with a hyphen here and with an underscore in the list of all.
        query: { ...span, 'schedule-status': schedule_status },
        options,
      }),
  }
}

function withCustomText<Fields extends OrderFields>(fields: Fields): Fields {
  const { custom_data: data } = fields
  return typeof data === 'object' ? { ...fields, custom_data: JSON.stringify(data) } : fields
}

// To V1 an empty or absent list of orders is everything the customer has pending. A list that came out empty is not
// meant that way; who means it leaves merchant_uid out.
function checkUnschedule(request: UnscheduleRequest): void {
  if ('merchant_uid' in request && (request.merchant_uid?.length ?? 0) === 0) {
    throw new TypeError('merchant_uid is empty; leave it out to revoke everything of the customer')
  }
}
