import { choiceIn, dayIn, present, type RawSearch, textIn } from '../parts/search-params.ts'

export const deliveryStates = ['pending', 'held', 'delivered', 'given_up'] as const
export const modes = ['live', 'sandbox'] as const

export interface WebhookSearch {
  readonly state?: (typeof deliveryStates)[number]
  readonly mode?: (typeof modes)[number]
  readonly impUid?: string
  readonly from?: string
  readonly to?: string
}

export function readWebhookSearch(search: RawSearch): WebhookSearch {
  return present<WebhookSearch>({
    state: choiceIn(search, 'state', deliveryStates),
    mode: choiceIn(search, 'mode', modes),
    impUid: textIn(search, 'impUid'),
    from: dayIn(search, 'from'),
    to: dayIn(search, 'to'),
  })
}
