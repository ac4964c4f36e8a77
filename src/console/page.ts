// Lists are paged by key: a cursor says after which row the next page begins, so that the millionth page costs as much
// as the first and nothing is skipped while rows are added. It is opaque, and proves nothing: every statement names its
// merchant by itself.

import type { TrailPlace } from '../audit/verify-trail.ts'
import { instant } from '../db/database.ts'
import type { Walked } from '../db/walk-rows.ts'
import { ConsoleError } from './console-error.ts'

/** Where a page begins: an instant, and the id that tells rows of one instant apart. */
export interface PageStart {
  readonly atMs: number
  readonly id: string
}

export interface Page<Item> {
  readonly items: Item[]
  readonly nextCursor: string | null
}

/** Undefined: the first page. Throws ConsoleError 400 for what is no cursor of ours. */
export function readCursor(cursor: string | undefined): PageStart | undefined {
  if (cursor === undefined) return undefined
  const [atMs, id, ...rest] = partsOf(cursor)
  const isOurs =
    rest.length === 0 &&
    typeof atMs === 'number' &&
    Number.isSafeInteger(atMs) &&
    Math.abs(atMs) <= 8.64e15 &&
    typeof id === 'string' &&
    !id.includes('\0')
  if (isOurs) return { atMs, id }
  throw badCursor()
}

/** The same where the id is a UUID. */
export function readUuidCursor(cursor: string | undefined): PageStart | undefined {
  const start = readCursor(cursor)
  if (start === undefined || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(start.id)) {
    return start
  }
  throw badCursor()
}

function partsOf(cursor: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    return Array.isArray(parts) ? parts : []
  } catch {
    return []
  }
}

function badCursor(): ConsoleError {
  return new ConsoleError({
    status: 400,
    code: 'bad_cursor',
    message: 'The cursor is none that a list has given.',
    fields: { cursor: 'malformed' },
  })
}

/** A page of rows of which one more than `limit` was read, to know whether there is a next one. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  show: { readonly item: (row: Row) => Item; readonly start: (row: Row) => PageStart },
): Page<Item> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const hasNext = rows.length > limit && last !== undefined
  return { items: shown.map(show.item), nextCursor: hasNext ? writeCursor(show.start(last)) : null }
}

export function writeCursor({ atMs, id }: PageStart): string {
  return Buffer.from(JSON.stringify([atMs, id])).toString('base64url')
}

export interface WalkedPage<Item> extends Page<Item> {
  readonly isPartial: boolean
  readonly searchedTo: string | null
}

/** A page of a list that is walked (db/walk-rows.ts). */
export function walkedPageOf<Row, Item>(
  { rows, next, isPartial }: Walked<Row>,
  item: (row: Row) => Item,
): WalkedPage<Item> {
  return {
    items: rows.map(item),
    nextCursor: next === null ? null : writeCursor(next),
    isPartial,
    searchedTo: next === null ? null : instant(next.atMs),
  }
}

/** Where the next bite of many begins, and when the first one was taken: what comes later is not meant. */
export interface BiteStart {
  readonly after: PageStart | undefined
  readonly begunMs: number
}

/** Undefined: the first bite, of this moment. */
export function readBiteCursor(cursor: string | undefined, nowMs: number): BiteStart {
  if (cursor === undefined) return { after: undefined, begunMs: nowMs }
  const [atMs, id, begunMs, ...rest] = partsOf(cursor)
  const after = readUuidCursor(Buffer.from(JSON.stringify([atMs, id])).toString('base64url'))
  const isOurs = rest.length === 0 && typeof begunMs === 'number' && Number.isSafeInteger(begunMs)
  // A later instant than now would be of a clock that was moved back; the promise is the same.
  if (isOurs && Math.abs(begunMs) <= 8.64e15) return { after, begunMs: Math.min(begunMs, nowMs) }
  throw badCursor()
}

export function writeBiteCursor({ atMs, id }: PageStart, begunMs: number): string {
  return Buffer.from(JSON.stringify([atMs, id, begunMs])).toString('base64url')
}

/** Where a check of the audit trail goes on. Null: at its beginning. */
export function readTrailCursor(cursor: string | undefined): TrailPlace | null {
  if (cursor === undefined) return null
  const [sequence, hash, signedUpTo, unsignedSinceMs, ...rest] = partsOf(cursor)
  const isOurs =
    rest.length === 0 &&
    isCount(sequence) &&
    typeof hash === 'string' &&
    /^[0-9a-f]{64}$/.test(hash) &&
    isCount(signedUpTo) &&
    (unsignedSinceMs === null || isCount(unsignedSinceMs))
  if (!isOurs) throw badCursor()
  return { sequence, hash: Buffer.from(hash, 'hex'), signedUpTo, unsignedSinceMs }
}

function isCount(part: unknown): part is number {
  return typeof part === 'number' && Number.isSafeInteger(part) && part >= 0 && part <= 8.64e15
}

export function writeTrailCursor(place: TrailPlace): string {
  const { sequence, hash, signedUpTo, unsignedSinceMs } = place
  const parts = [sequence, hash.toString('hex'), signedUpTo, unsignedSinceMs]
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}
