// Every V1 answer is `{code, message, response}`: code is the integer 0 exactly when it succeeded,
// and only then is response not null. Clients compare with ===, so no other shape ever leaves.

import type { Static, TArray, TObject, TSchema, TUnsafe } from 'typebox'
import { Type } from './json-schema.ts'
import type { V1Code } from './v1-error.ts'

/** Spelt with capitals, as the original server does. */
export const jsonContentType = 'application/json; charset=UTF-8'

/** What a handler gives back: 200, or 207 when a multi-get found only some of what was asked. */
export interface V1Answer<Response> {
  readonly status: 200 | 207
  readonly response: Response
}

export interface Page<Item> {
  readonly total: number
  /** The number of the page before, 0 when there is none. */
  readonly previous: number
  /** The number of the page after, 0 when there is none. */
  readonly next: number
  readonly list: Item[]
}

export interface PageSlice<Item> {
  readonly total: number
  /** Counted from 1. */
  readonly page: number
  readonly limit: number
  readonly list: Item[]
}

export function value<Response>(response: Response): V1Answer<Response> {
  return { status: 200, response }
}

/** The found part of a multi-get some of whose ids are unknown. */
export function partial<Item>(found: Item[]): V1Answer<Item[]> {
  return { status: 207, response: found }
}

export function paged<Item>(slice: PageSlice<Item>): V1Answer<Page<Item>> {
  const { total, page, limit, list } = slice
  const previous = page > 1 ? page - 1 : 0
  const next = page * limit < total ? page + 1 : 0
  return { status: 200, response: { total, previous, next, list } }
}

/** The response schema of a paged list. */
export function pageOf<Item extends TSchema>(item: Item) {
  return Type.Object({
    total: Type.Integer(),
    previous: Type.Integer(),
    next: Type.Integer(),
    list: Type.Array(item),
  })
}

/**
 * A response field that may be null, as `type: [..., 'null']`: the serialiser compiles that to a plain
 * check, whereas a union would run a validator for each value.
 */
export function nullable<Schema extends TSchema>(schema: Schema): TUnsafe<Static<Schema> | null> {
  const { type, enum: choices } = schema as { type?: unknown; enum?: unknown[] }
  if (typeof type !== 'string') throw new TypeError('nullable() needs a schema with one type')
  const widened = choices === undefined ? {} : { enum: [...choices, null] }
  return Type.Unsafe<Static<Schema> | null>({ ...schema, type: [type, 'null'], ...widened })
}

/** The schema of a whole successful answer around `response`; the serialiser is compiled from it. */
export function envelopeOf(response: TSchema): TObject {
  return Type.Object({ code: Type.Integer(), message: Type.Null(), response })
}

/** True for responses that a 207 can carry. */
export function isList(schema: TSchema): schema is TArray {
  return (schema as { type?: unknown }).type === 'array'
}

export function renderFailure(code: V1Code, message: string): string {
  return JSON.stringify({ code, message, response: null })
}
