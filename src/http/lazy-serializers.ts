// How answers become JSON: by a function compiled from the schema of the route, when its first answer leaves. Fastify
// would compile all of them before it listens, which is a third of a start; and it would load two compilers, of
// serialisers and of validators, before it knows whether it needs any.

import { createRequire } from 'node:module'

import type fastJson from 'fast-json-stringify'

type Schema = Parameters<typeof fastJson>[0]
type Serialize = (answer: unknown) => string

const load = createRequire(import.meta.url)
// The first answer may be that to a charge, after the money was taken: what is not installed has to show before.
const compiler = load.resolve('fast-json-stringify')

/** A schema that cannot be compiled fails the first answer of its route. */
export function compileWhenUsed({ schema }: { readonly schema?: unknown }): Serialize {
  let serialize: Serialize | undefined
  return (answer) => {
    serialize ??= (load(compiler) as typeof fastJson)(schema as Schema)
    return serialize(answer)
  }
}

/** For Fastify's `schemaController`. What comes in is read by our own readers, so that a validator is asked for by mistake. */
export const compilersFactory = {
  buildSerializer: () => compileWhenUsed,
  buildValidator: () => () => {
    throw new Error('a route has a schema for what comes in: read it in the route instead')
  },
}
