// Walks the pages of a list.

import type { Page } from './v1-objects.ts'

/**
 * Gives the items of all pages, asking for each page when it is reached.
 *
 *     for await (const payment of paginate((page) => client.payments.list({ status: 'paid', page }))) …
 */
export async function* paginate<Item>(
  getPage: (page: number) => Promise<Page<Item>>,
): AsyncGenerator<Item, void, undefined> {
  let page = 1
  while (page > 0) {
    const { list, next } = await getPage(page)
    yield* list
    // A server that named an earlier page would be walked for ever.
    page = next > page ? next : 0
  }
}
