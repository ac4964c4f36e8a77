// How columns become JavaScript values. int8 is a number or an error, never a rounded number;
// timestamptz is milliseconds since 1970 UTC; numeric and timestamp without zone do not occur.

import { types, type CustomTypesConfig } from 'pg'

import { AssertionFailed } from '../primitives/assert.ts'

type Parser = (text: string) => unknown

// Object identifiers from the server's pg_type catalogue; they never change.
const oid = {
  int8: 20,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  timestamptzArray: 1185,
  int8Array: 1016,
  numeric: 1700,
} as const

export function parseInt8(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) {
    throw new AssertionFailed(`int8 value ${text} is beyond the integers JavaScript keeps exact`)
  }
  return value
}

const timestamptzPattern =
  /^(\d{4,6})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?$/

/** Reads the server's ISO form. Microseconds are dropped; infinity and years BC are refused. */
export function parseTimestamptz(text: string): number {
  const parts = timestamptzPattern.exec(text)
  if (parts === null) throw new AssertionFailed(`timestamptz value ${text} is not an ISO instant`)
  const part = (index: number): number => Number(parts[index] ?? 0)
  const milliseconds = Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3))
  const local = Date.UTC(part(1), part(2) - 1, part(3), part(4), part(5), part(6), milliseconds)
  const offsetMs = (part(9) * 3600 + part(10) * 60 + part(11)) * 1000
  return parts[8] === '-' ? local + offsetMs : local - offsetMs
}

// Neither element form contains a comma, brace or backslash, so a split is a full parse.
function parseArrayOf(parseElement: (text: string) => number): Parser {
  return (text) => {
    const inner = text.slice(1, -1)
    if (inner === '') return []
    return inner.split(',').map((element) => {
      if (element === 'NULL') return null
      return parseElement(element.startsWith('"') ? element.slice(1, -1) : element)
    })
  }
}

function refuse(type: string, wayOut: string): Parser {
  return () => {
    throw new AssertionFailed(`a column of type ${type} was read: ${wayOut}`)
  }
}

const parsers = new Map<number, Parser>([
  [oid.int8, parseInt8],
  [oid.int8Array, parseArrayOf(parseInt8)],
  [oid.timestamptz, parseTimestamptz],
  [oid.timestamptzArray, parseArrayOf(parseTimestamptz)],
  // A calendar date stays text (YYYY-MM-DD): as a Date it would shift with the time zone.
  [oid.date, (text) => text],
  [oid.numeric, refuse('numeric', 'cast it to bigint (sum of bigint is numeric)')],
  [oid.timestamp, refuse('timestamp', 'use timestamptz')],
])

// pg lists the known ids as an enum, and takes any.
const getParserOfPg = types.getTypeParser as (typeId: number, format: string) => Parser

/** For pg's `types` option. Other types keep pg's parsers: jsonb → value, bytea → Buffer. */
export const columnTypes: CustomTypesConfig = { getTypeParser }

function getTypeParser(typeId: number, format: 'text' | 'binary' = 'text'): Parser {
  const parser = format === 'text' ? parsers.get(typeId) : undefined
  return parser ?? getParserOfPg(typeId, format)
}
