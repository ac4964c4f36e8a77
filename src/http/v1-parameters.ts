// Reads the parameters of a V1 request by the route's schema, whatever way the client spelt them: JSON or
// form, number or numeric string, scalar or list, stray spaces in names, null or "" for absent. Unknown
// names are ignored. Sources merge by name: the path wins over the body, the body over the query.

import type { Static, TObject, TSchema, TUnsafe } from 'typebox'
import { Type } from './json-schema.ts'
import {
  isBlank,
  jsonTextKeyword,
  report,
  scalarReader,
  type Issues,
  type Reader,
  type SchemaWords,
} from './parameter-readers.ts'
import { RepeatedValue } from './php-form.ts'
import { badRequest } from './v1-error.ts'

export interface ParameterSources {
  /** As `parsePhpQuery` gives it. */
  readonly query: unknown
  /** An object from JSON or from a form; undefined for GET, whose body is not read. */
  readonly body: unknown
  readonly path: unknown
}

/** Further names a top-level parameter is known by. Its own name wins when both are sent. */
export type ParameterAliases<Params extends TObject> = {
  readonly [Name in keyof Static<Params>]?: readonly string[]
}

/**
 * A string that some clients send as a JSON object or array (custom_data, bypass): kept as its JSON text,
 * which is what the official SDKs make of it themselves.
 */
export function jsonText(options: { readonly maxLength?: number } = {}): TUnsafe<string> {
  return Type.Unsafe<string>({ type: 'string', ...options, [jsonTextKeyword]: true })
}

/**
 * Compiles a schema to a function that reads one request. Understood are objects, arrays, strings, integers,
 * booleans, enums, `default` and `Type.Unknown()` (passed through); anything else throws here, at start-up.
 *
 * The function throws V1Error 400: `파라미터 누락: a, b` names every missing parameter; when none is missing,
 * `파라미터 오류: amount (0 이상의 정수여야 합니다.)` names every malformed one.
 */
export function compileParameters<Params extends TObject>(
  schema: Params,
  aliases: ParameterAliases<Params>,
): (sources: ParameterSources) => Static<Params> {
  const fields = compileFields(schema, aliases as Record<string, readonly string[]>)
  return ({ query, body, path }) => {
    const slots: unknown[] = Array.from({ length: fields.list.length })
    fill(fields, slots, query)
    fill(fields, slots, body)
    fill(fields, slots, path)
    const issues: Issues = { missing: [], malformed: [] }
    const input = readSlots({ fields, slots, prefix: '' }, issues)
    if (issues.missing.length + issues.malformed.length > 0) throw refusal(issues)
    return input as Static<Params>
  }
}

interface Field {
  readonly name: string
  readonly isRequired: boolean
  readonly isList: boolean
  readonly fallback: unknown
  readonly read: Reader
}

interface Fields {
  readonly list: readonly Field[]
  /** From every known spelling to the field's place; an alias is marked by its complement (~place). */
  readonly places: ReadonlyMap<string, number>
}

function compileFields(
  schema: TObject,
  aliases: Readonly<Record<string, readonly string[]>> = {},
): Fields {
  const required = new Set(schema.required)
  const places = new Map<string, number>()
  const list = Object.entries(schema.properties).map(([name, property], place): Field => {
    const words = property as SchemaWords
    places.set(name, place)
    return {
      name,
      isRequired: required.has(name),
      isList: words.type === 'array',
      fallback: words.default,
      read: compileReader(property, name),
    }
  })
  list.forEach(({ name }, place) => {
    for (const alias of aliases[name] ?? []) if (!places.has(alias)) places.set(alias, ~place)
  })
  return { list, places }
}

function compileReader(schema: TSchema, name: string): Reader {
  const words = schema as SchemaWords
  const scalar = scalarReader(words)
  if (scalar !== undefined) return scalar
  if (words.type === 'array' && words.items !== undefined) return listReader(words, name)
  if (words.type === 'object') return objectReader(schema as TObject)
  // Type.Unknown() has no word at all.
  if (Object.keys(words).every((word) => word === 'default' || word === 'description')) {
    return passThrough
  }
  throw new TypeError(`parameter ${name}: this schema is not supported`)
}

const passThrough: Reader = (raw) => (raw instanceof RepeatedValue ? raw.values.at(-1) : raw)

/** Puts each known, non-blank entry of a source into its field's slot. */
function fill(fields: Fields, slots: unknown[], source: unknown): void {
  if (typeof source !== 'object' || source === null) return
  const entries = source as Record<string, unknown>
  for (const key of Object.keys(entries)) {
    const exact = fields.places.get(key)
    // Names with stray spaces are real (`"currency "`); they count as another spelling.
    const place = exact ?? aliasOf(fields.places.get(key.trim()))
    if (place === undefined) continue
    const slot = place < 0 ? ~place : place
    const raw = scalarOf(entries[key], fields.list[slot] as Field)
    if (!isBlank(raw) && (place >= 0 || slots[slot] === undefined)) slots[slot] = raw
  }
}

function aliasOf(place: number | undefined): number | undefined {
  return place === undefined || place < 0 ? place : ~place
}

function scalarOf(raw: unknown, field: Field): unknown {
  return raw instanceof RepeatedValue && !field.isList ? raw.values.at(-1) : raw
}

interface Filled {
  readonly fields: Fields
  readonly slots: readonly unknown[]
  /** `schedules[0].` in front of nested names. */
  readonly prefix: string
}

function readSlots({ fields, slots, prefix }: Filled, issues: Issues): Record<string, unknown> {
  const input: Record<string, unknown> = {}
  for (let place = 0; place < slots.length; place += 1) {
    const field = fields.list[place] as Field
    const raw = slots[place]
    if (raw !== undefined) input[field.name] = field.read(raw, prefix + field.name, issues)
    else if (field.fallback !== undefined) input[field.name] = field.fallback
    else if (field.isRequired) issues.missing.push(prefix + field.name)
  }
  return input
}

function objectReader(schema: TObject): Reader {
  const fields = compileFields(schema)
  return (raw, name, issues) => {
    // PHP writes an empty object as [].
    const isEmptyList = Array.isArray(raw) && raw.length === 0
    if (typeof raw !== 'object' || (Array.isArray(raw) && !isEmptyList)) {
      return report(issues, name, '객체여야 합니다.')
    }
    const slots: unknown[] = Array.from({ length: fields.list.length })
    fill(fields, slots, raw)
    return readSlots({ fields, slots, prefix: `${name}.` }, issues)
  }
}

function listReader(words: SchemaWords, name: string): Reader {
  const items = words.items as TSchema
  const readItem = compileReader(items, `${name}[]`)
  const holdsObjects = (items as SchemaWords).type === 'object'
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = words
  return (raw, listName, issues) => {
    const sent = itemsOf(raw, holdsObjects)
    if (sent === undefined) return report(issues, listName, '배열이어야 합니다.')
    if (sent.length > maxItems)
      return report(issues, listName, `최대 ${maxItems}개까지 보낼 수 있습니다.`)
    const list: unknown[] = []
    sent.forEach((item, index) => {
      // A blank scalar is an absent one; a blank object would be an order lost in silence.
      if (holdsObjects || !isBlank(item))
        list.push(readItem(item ?? '', `${listName}[${index}]`, issues))
    })
    return list.length < minItems
      ? report(issues, listName, `${minItems}개 이상 보내야 합니다.`)
      : list
  }
}

const indexName = /^\d+$/

/** Every spelling of a list: JSON array, repeated name, PHP index object, or one scalar alone. */
function itemsOf(raw: unknown, holdsObjects: boolean): readonly unknown[] | undefined {
  if (Array.isArray(raw)) return raw as readonly unknown[]
  if (raw instanceof RepeatedValue) return raw.values
  if (typeof raw === 'object' && raw !== null) {
    return Object.keys(raw).every((key) => indexName.test(key)) ? Object.values(raw) : undefined
  }
  return holdsObjects ? undefined : [raw]
}

// Enough to see the pattern; a thousand bad schedules must not make a megabyte of message.
const namedFaultsMax = 20

function refusal({ missing, malformed }: Issues): Error {
  return missing.length > 0
    ? badRequest(`파라미터 누락: ${joined(missing)}`)
    : badRequest(`파라미터 오류: ${joined(malformed)}`)
}

function joined(faults: readonly string[]): string {
  const rest = faults.length - namedFaultsMax
  const named = faults.slice(0, namedFaultsMax).join(', ')
  return rest > 0 ? `${named} 외 ${rest}건` : named
}
