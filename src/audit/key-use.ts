// What a merchant's keys were used for in a stretch of time, as one digest: SHA-256 over the hashes of its exchanges in
// the order of their start. Every charge has its exchange already, so that the use of a key leaves its trace without a
// turn to take; what the trail adds is that the trace cannot be changed later.

import { createHash } from 'node:crypto'

import { instant, type Queryable } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { readUsePage, type Span, type UsePosition } from './key-use.store.ts'

export interface KeyUse {
  /** Issues, charges and cancels, whatever came of them. */
  readonly exchanges: number
  /** Approved ones, and their sums. */
  readonly charges: number
  readonly chargedWon: number
  readonly cancels: number
  readonly cancelledWon: number
  /** Hex. */
  readonly digest: string
}

const exchangesPerPage = 2_000
const noUuid = '00000000-0000-0000-0000-000000000000'

/** Computes it from the rows, page by page. */
export async function computeKeyUse(db: Queryable, owner: MerchantId, span: Span): Promise<KeyUse> {
  const digest = createHash('sha256')
  const sums = { exchanges: 0, charges: 0, chargedWon: 0, cancels: 0, cancelledWon: 0 }
  let after: UsePosition = { startedAtMs: span.fromMs, exchangeId: noUuid }
  for (;;) {
    const page = await readUsePage(db, owner, span, { after, limit: exchangesPerPage })
    if (page.hashes !== null) digest.update(page.hashes)
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += page[name]
    const { lastStartedAtMs: startedAtMs, lastExchangeId: exchangeId } = page
    if (page.exchanges < exchangesPerPage || startedAtMs === null || exchangeId === null) {
      return { ...sums, digest: digest.digest('hex') }
    }
    after = { startedAtMs, exchangeId }
  }
}

/** What a seal's event says of it. */
export interface Seal {
  readonly span: Span
  readonly use: KeyUse
}

/** As it stands in the event's detail. */
export function sealDetail({ span, use }: Seal): object {
  return {
    from: instant(span.fromMs),
    to: instant(span.toMs),
    answeredBefore: instant(span.answeredBeforeMs),
    ...use,
  }
}

/** Undefined when it is no seal of ours. */
export function readSeal(detail: string): Seal | undefined {
  const given = JSON.parse(detail) as object | null
  const { from, to, answeredBefore, ...use } = { ...given } as KeyUse & {
    readonly from: string
    readonly to: string
    readonly answeredBefore: string
  }
  const [fromMs, toMs, answeredBeforeMs] = [from, to, answeredBefore].map((text) =>
    Date.parse(text),
  ) as [number, number, number]
  if ([fromMs, toMs, answeredBeforeMs].some((value) => Number.isNaN(value))) return undefined
  return { span: { fromMs, toMs, answeredBeforeMs }, use }
}
