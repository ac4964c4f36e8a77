import { dayIn, present, type RawSearch, textIn } from '../parts/search-params.ts'

export interface AuditSearch {
  readonly actor?: string
  readonly action?: string
  readonly from?: string
  readonly to?: string
}

export function readAuditSearch(search: RawSearch): AuditSearch {
  return present<AuditSearch>({
    actor: textIn(search, 'actor'),
    action: textIn(search, 'action'),
    from: dayIn(search, 'from'),
    to: dayIn(search, 'to'),
  })
}
