import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Type as TypeBox } from 'typebox'

import { Type } from './json-schema.ts'

/** The same schemas, by whichever builders are given. */
function samples(by: typeof Type) {
  const text = by.String({ minLength: 1, description: 'a text' })
  const inner = by.Object({ kind: by.Literal('one'), at: by.Optional(by.Integer()) })
  const maybe = by.Optional(text)
  return [
    text,
    by.Integer({ minimum: 1 }),
    by.Number(),
    by.Boolean({ default: true }),
    by.Null(),
    by.Unknown({ description: 'anything' }),
    by.Enum(['a', 'b']),
    by.Literal(1),
    by.Literal(false),
    by.Unsafe<string>({ type: 'string', pattern: '^a' }),
    by.Array(inner, { maxItems: 3 }),
    by.Union([inner, by.Object({})], { description: 'either' }),
    by.Object({ maybe }),
    // Made optional, a schema is a copy: where it stood before, it is still required.
    by.Object({ text, maybe, inner, copied: by.Unsafe({ ...maybe }) }, { description: 'all' }),
  ]
}

test("schemas are typebox's own, word for word and in its order", () => {
  const ours = samples(Type).map((schema) => JSON.stringify(schema))
  const theirs = samples(TypeBox).map((schema) => JSON.stringify(schema))
  assert.deepEqual(ours, theirs)
})
