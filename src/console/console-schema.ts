// The words in which the console's API describes itself. Names are camelCase; money is whole won, instants are ISO
// 8601 text in UTC, days are days in Korea, and what is not there is null instead of missing.

import type { Static, TSchema, TUnsafe } from 'typebox'

import { nullable } from '../http/envelope.ts'
import { Type } from '../http/json-schema.ts'

/** One of a few words. */
export function choice<const Word extends string>(
  words: readonly Word[],
  options: { readonly description?: string; readonly default?: Word } = {},
): TUnsafe<Word> {
  return Type.Unsafe<Word>({ type: 'string', enum: [...words], ...options })
}

const schemasBehind = new WeakMap<object, TSchema>()

/** A field that may be null. */
export function maybe<Schema extends TSchema>(schema: Schema): TUnsafe<Static<Schema> | null> {
  const widened = nullable(schema)
  schemasBehind.set(widened, schema)
  return widened
}

/** What `maybe` was given, so that the document can call it by its name. */
export function schemaBehind(widened: object): TSchema | undefined {
  return schemasBehind.get(widened)
}

export function text(description?: string) {
  return Type.String(description === undefined ? {} : { description })
}

export function won(description?: string) {
  return Type.Integer(description === undefined ? {} : { description })
}

/** `2026-11-28T13:15:00.000Z`. */
export function instantText(description?: string) {
  return Type.String({ format: 'date-time', ...(description !== undefined && { description }) })
}

/** A day in Korea: `2026-11-28`. */
export function dayText(description = 'A day in Korea, yyyy-mm-dd.') {
  return Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$', description })
}

/** How many there are, counted up to a bound. */
export const countSchema = Type.Object({
  count: Type.Integer({
    description:
      'Counted up to 1,000; up to 10,000 of what is to be changed and of what is not well.',
  }),
  isExact: Type.Boolean({ description: 'False: there may be more.' }),
})

/** What every list takes. A parameter with a default need not be sent, and a handler always has it. */
export const pageParams = {
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  cursor: Type.Optional(
    Type.String({ maxLength: 512, description: 'nextCursor of the page before.' }),
  ),
}

/** What every list gives. */
export function listOf<Item extends TSchema>(item: Item) {
  return Type.Object({
    items: Type.Array(item),
    nextCursor: maybe(Type.String({ description: 'Null: this is the last page.' })),
  })
}

/** What a list gives whose filters no index carries: a page may end early, so that no request reads without end. */
export function walkedListOf<Item extends TSchema>(item: Item) {
  return Type.Object({
    ...listOf(item).properties,
    isPartial: Type.Boolean({
      description:
        'The page ended early, maybe empty: go on with nextCursor to look further back, and show progress by searchedTo.',
    }),
    searchedTo: maybe(
      instantText('Up to here the rows have been looked through; null: all have been.'),
    ),
  })
}

/** A period, `from` inclusive, `to` exclusive. */
export const periodParams = {
  from: Type.Optional(instantText('Inclusive.')),
  to: Type.Optional(instantText('Exclusive.')),
}

/** Why something is done, for the audit trail. */
export const reasonParam = Type.String({ minLength: 1, maxLength: 500 })

/** Which payments a channel or an endpoint is for. */
export const modes = ['live', 'sandbox'] as const

/** An answer that says nothing but that it is done. */
export const doneSchema = Type.Object({ isDone: Type.Literal(true) })
export const done: Static<typeof doneSchema> = { isDone: true }

/** Parameters of a call that takes none. */
export const noParams = Type.Object({})

/** A uuid in a path. */
export function idParam() {
  return Type.String({
    pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
    description: 'A UUID.',
  })
}
