import { choiceIn, present, type RawSearch, textIn } from '../parts/search-params.ts'

export interface BillingKeySearch {
  readonly q?: string
  readonly channelKey?: string
  readonly mode?: 'live' | 'sandbox'
}

export function readBillingKeySearch(search: RawSearch): BillingKeySearch {
  return present<BillingKeySearch>({
    q: textIn(search, 'q'),
    channelKey: textIn(search, 'channelKey'),
    mode: choiceIn(search, 'mode', ['live', 'sandbox']),
  })
}
