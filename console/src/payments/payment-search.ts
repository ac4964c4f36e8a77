// What the address of the list of payments holds: its filters. Days are Korea's, both included.

import type { Schemas } from '../api/client.ts'
import type { paths } from '../api/contract.ts'
import { addDays, startOfKoreanDay } from '../language/formats.ts'
import { choiceIn, dayIn, present, type RawSearch, textIn, wonIn } from '../parts/search-params.ts'

type ListQuery = NonNullable<paths['/payments']['get']['parameters']['query']>
export type PaymentStateFilter = NonNullable<ListQuery['state']>
export type PaymentMethod = Schemas['PaymentSummary']['method']
export type PaymentMode = Schemas['PaymentSummary']['mode']
export type PaymentFilter = Omit<ListQuery, 'cursor' | 'limit' | 'order'>

export const stateFilters: readonly PaymentStateFilter[] = [
  'paid',
  'failed',
  'unknown',
  'sending',
  'cancelled',
  'partly_cancelled',
]
export const methods: readonly PaymentMethod[] = ['billing_key', 'key_in']
export const modes: readonly PaymentMode[] = ['live', 'sandbox']

export interface PaymentSearch {
  readonly q?: string
  readonly state?: PaymentStateFilter
  readonly method?: PaymentMethod
  readonly mode?: PaymentMode
  readonly customerUid?: string
  readonly channelKey?: string
  readonly amountMin?: number
  readonly amountMax?: number
  readonly from?: string
  readonly to?: string
}

export function readPaymentSearch(search: RawSearch): PaymentSearch {
  return present<PaymentSearch>({
    q: textIn(search, 'q'),
    state: choiceIn(search, 'state', stateFilters),
    method: choiceIn(search, 'method', methods),
    mode: choiceIn(search, 'mode', modes),
    customerUid: textIn(search, 'customerUid'),
    channelKey: textIn(search, 'channelKey'),
    amountMin: wonIn(search, 'amountMin'),
    amountMax: wonIn(search, 'amountMax'),
    from: dayIn(search, 'from'),
    to: dayIn(search, 'to'),
  })
}

/** As the API takes it. */
export function filterOf({ from, to, ...others }: PaymentSearch): PaymentFilter {
  return {
    ...others,
    ...(from !== undefined && { from: startOfKoreanDay(from) }),
    ...(to !== undefined && { to: startOfKoreanDay(addDays(to, 1)) }),
  }
}
