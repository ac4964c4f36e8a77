// How answers become JSON: by a function compiled from the schema of the route, when its first answer leaves. Fastify
// would compile all of them before it listens, which is a third of a start.

import fastJson from 'fast-json-stringify'

type Schema = Parameters<typeof fastJson>[0]
type Serialize = (answer: unknown) => string

/** For `setSerializerCompiler`. A schema that cannot be compiled fails the first answer of its route. */
export function compileWhenUsed({ schema }: { readonly schema: unknown }): Serialize {
  let serialize: Serialize | undefined
  return (answer) => (serialize ??= fastJson(schema as Schema))(answer)
}
