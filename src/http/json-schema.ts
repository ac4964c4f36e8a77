// The few words of JSON Schema that calls are described with, typed as typebox types them. typebox builds the same objects
// and can do a hundred times as much; its 373 files were a fifth of what a start spends loading (decision 0039). Its
// compiler takes any JSON Schema, and is loaded by who needs it.

import type { TSchema, Type as TypeBox } from 'typebox'

type Words = Readonly<Record<string, unknown>>

/** Not a word of the schema: a copy with other words is not optional until somebody says so. */
const optional = new WeakSet()

function optionalOf(schema: Words): Words {
  const copy = { ...schema }
  optional.add(copy)
  return copy
}

function objectOf(properties: Readonly<Record<string, Words>>, options?: Words): Words {
  const names = Object.entries(properties).filter(([, schema]) => !optional.has(schema))
  const required = names.map(([name]) => name)
  return { type: 'object', ...(required.length > 0 && { required }), properties, ...options }
}

const builders = {
  Array: (items: TSchema, options?: Words): Words => ({ type: 'array', items, ...options }),
  Boolean: (options?: Words): Words => ({ type: 'boolean', ...options }),
  Enum: (values: readonly unknown[], options?: Words): Words => ({ enum: values, ...options }),
  Integer: (options?: Words): Words => ({ type: 'integer', ...options }),
  Literal: (value: string | number | boolean, options?: Words): Words => ({
    type: typeof value,
    const: value,
    ...options,
  }),
  Null: (options?: Words): Words => ({ type: 'null', ...options }),
  Number: (options?: Words): Words => ({ type: 'number', ...options }),
  Object: objectOf,
  Optional: optionalOf,
  String: (options?: Words): Words => ({ type: 'string', ...options }),
  Union: (anyOf: readonly TSchema[], options?: Words): Words => ({ anyOf, ...options }),
  Unknown: (options?: Words): Words => ({ ...options }),
  Unsafe: (schema: Words): Words => ({ ...schema }),
}

/** Builds schemas; `Static` of typebox tells the type of what fits one. */
// Its types say what the builders cannot: which schema describes which type.
export const Type = builders as unknown as Pick<typeof TypeBox, keyof typeof builders>
