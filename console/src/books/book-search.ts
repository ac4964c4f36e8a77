import { choiceIn, present, type RawSearch } from '../parts/search-params.ts'

export interface BookSearch {
  /** Absent: the open ones. */
  readonly state?: 'all'
}

export function readBookSearch(search: RawSearch): BookSearch {
  return present<BookSearch>({ state: choiceIn(search, 'state', ['all']) })
}
