// Reads the parameters of a console call: path and query are text and become what the schema says, the body is JSON and
// stays what it is. What is not declared is refused, since it was meant to do something.

import type { TObject } from 'typebox'
import type { Validator } from 'typebox/compile'

import { ConsoleError, type FieldFault } from './console-error.ts'

export interface InputSources {
  readonly path: unknown
  readonly query: URLSearchParams
  /** Undefined: the call has none. */
  readonly body: unknown
}

interface Words {
  readonly type?: string | readonly string[]
  readonly default?: unknown
}

/**
 * Compiled when first used, by a compiler that is loaded then: all of it is a fourth of a start. The function throws ConsoleError
 * 400 that names every parameter that is not right.
 */
export function compileInput(params: TObject): (sources: InputSources) => Promise<unknown> {
  const schema = { ...params, additionalProperties: false } as TObject
  let validator: Validator | undefined
  const properties = params.properties as unknown as Record<string, Words>
  return async ({ path, query, body }) => {
    const input: Record<string, unknown> = {}
    for (const [name, words] of Object.entries(properties)) {
      if (words.default !== undefined) input[name] = words.default
    }
    for (const name of new Set(query.keys())) {
      input[name] = fromText(query.getAll(name), properties[name])
    }
    Object.assign(input, bodyOf(body))
    for (const [name, value] of Object.entries(path as Record<string, string>)) {
      input[name] = fromText([value], properties[name])
    }
    refuseUnstorable(input, '')
    validator ??= await compile(schema)
    if (validator.Check(input)) return input
    throw refusalOf(validator.Errors(input))
  }
}

async function compile(schema: TObject): Promise<Validator> {
  const { Compile } = await import('typebox/compile')
  return Compile(schema)
}

/** PostgreSQL takes no U+0000 in a text, and nobody means one. */
function refuseUnstorable(value: unknown, place: string): void {
  if (typeof value === 'string' && value.includes('\0')) {
    const message = `${place} holds a character that no text can have.`
    throw new ConsoleError({
      status: 400,
      code: 'bad_request',
      message,
      fields: { [place]: 'malformed' },
    })
  }
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) {
    refuseUnstorable(member, place === '' ? name : `${place}.${name}`)
  }
}

function bodyOf(body: unknown): object {
  if (body === undefined || body === null) return {}
  if (typeof body === 'object' && !Array.isArray(body)) return body
  throw new ConsoleError({
    status: 400,
    code: 'bad_request',
    message: 'The body must be a JSON object.',
  })
}

/** The last value, as the schema's type; what cannot be one stays text and is refused as such. */
function fromText(values: readonly string[], words: Words | undefined): unknown {
  const type = words?.type
  if (type === 'array') {
    return values.flatMap((value) => value.split(',')).filter((value) => value !== '')
  }
  const last = values.at(-1) as string
  if (type === 'integer' && /^-?\d{1,15}$/.test(last)) return Number(last)
  if (type === 'boolean' && (last === 'true' || last === 'false')) return last === 'true'
  return last
}

interface Fault {
  readonly keyword: string
  readonly instancePath: string
  readonly params: unknown
}

const faultsByKeyword: Readonly<Record<string, FieldFault>> = {
  minimum: 'too_small',
  exclusiveMinimum: 'too_small',
  maximum: 'too_large',
  exclusiveMaximum: 'too_large',
  minLength: 'too_short',
  minItems: 'too_short',
  maxLength: 'too_long',
  maxItems: 'too_long',
}

function refusalOf(faults: readonly Fault[]): ConsoleError {
  const fields: Record<string, FieldFault> = {}
  for (const { keyword, instancePath, params } of faults) {
    const place = instancePath.slice(1).replaceAll('/', '.')
    const at = (name: string) => (place === '' ? name : `${place}.${name}`)
    if (keyword === 'required') {
      const { requiredProperties } = params as { requiredProperties: readonly string[] }
      for (const name of requiredProperties) fields[at(name)] = 'missing'
    } else if (keyword === 'additionalProperties') {
      const { additionalProperties } = params as { additionalProperties: readonly string[] }
      for (const name of additionalProperties) fields[at(name)] = 'unknown'
    } else if (place !== '') {
      fields[place] ??= faultsByKeyword[keyword] ?? 'malformed'
    }
  }
  const named = Object.entries(fields).map(([name, fault]) => `${name} (${fault})`)
  return new ConsoleError({
    status: 400,
    code: 'bad_request',
    message: `These parameters are not right: ${named.join(', ')}.`,
    fields,
  })
}
