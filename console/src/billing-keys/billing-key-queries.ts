import { queryOptions } from '@tanstack/react-query'

import { answerOf, api, type Schemas } from '../api/client.ts'
import type { BillingKeySearch } from './billing-key-search.ts'

export type BillingKeySummary = Schemas['BillingKeySummary']
export type BillingKey = Schemas['BillingKey']

const pageSize = 100

export function billingKeyListKey(search: BillingKeySearch) {
  return ['billing-keys', 'list', search] as const
}

export function fetchBillingKeys(search: BillingKeySearch, cursor: string | undefined) {
  const query = { ...search, limit: pageSize, ...(cursor !== undefined && { cursor }) }
  return answerOf(api.GET('/billing-keys', { params: { query } }))
}

export function billingKeyQuery(customerUid: string) {
  return queryOptions({
    queryKey: ['billing-keys', 'one', customerUid],
    queryFn: () =>
      answerOf(api.GET('/billing-keys/{customerUid}', { params: { path: { customerUid } } })),
  })
}
