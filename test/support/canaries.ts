// Secrets that exist nowhere but in one test run, and a net that finds them wherever they come out: as they are,
// grouped, reversed, or in any of the encodings that logs, dumps and crash reports use.

import { randomInt } from 'node:crypto'

import { Client, Query } from 'pg'

export interface Canary {
  readonly name: string
  readonly value: string
  /**
   * `secret`: long enough to be found by itself. `card`: also by the parts of it that no mask shows. `short`: a few
   * digits that mean nothing alone, so they count only where nothing but digits or letters of another word stands
   * around them; with `near`, only next to one of these names.
   */
  readonly kind: 'secret' | 'card' | 'short'
  readonly near?: readonly string[]
}

/** One place where something may have leaked to. */
export interface Place {
  readonly name: string
  readonly text: string
}

export interface Sighting {
  readonly canary: string
  readonly spelling: string
  readonly place: string
  /** What stands around it. */
  readonly excerpt: string
}

export function findCanaries(canaries: readonly Canary[], places: readonly Place[]): Sighting[] {
  return canaries.flatMap((canary) => {
    const nets = netsFor(canary)
    return places.flatMap(({ name, text }) =>
      nets.flatMap(({ spelling, pattern }) => {
        const at = text.search(pattern)
        if (at === -1) return []
        const excerpt = text.slice(Math.max(0, at - 60), at + 100)
        return [{ canary: canary.name, spelling, place: name, excerpt }]
      }),
    )
  })
}

interface Net {
  readonly spelling: string
  readonly pattern: RegExp
}

function netsFor({ value, kind, near }: Canary): Net[] {
  if (near !== undefined) return [netBesideNames(value, near)]
  if (kind === 'short') {
    return spellingsOf(value).map(({ spelling, pattern }) => ({
      spelling,
      pattern: encodings.has(spelling) ? pattern : standingAlone(pattern),
    }))
  }
  if (kind === 'secret') return spellingsOf(value)
  // A mask shows six digits at the start and four at the end; whatever shows more shows one of these.
  const parts = [value, value.slice(0, 12), value.slice(6), value.slice(4, 14)]
  return parts.flatMap((part) =>
    spellingsOf(part).map(({ spelling, pattern }) => ({
      spelling: part === value ? spelling : `${spelling}, in part`,
      pattern,
    })),
  )
}

// In these even six digits are a long enough text to be no accident.
const encodings = new Set([
  'hex',
  'hex of UTF-16',
  'percent-encoded',
  'escaped',
  'list of bytes',
  'base64',
])

function standingAlone({ source, flags }: RegExp): RegExp {
  return new RegExp(`(?<![0-9A-Za-z])(?:${source})(?![0-9A-Za-z])`, flags)
}

// `"pwd_2digit":"12"`, `pwd_2digit=12`, `pwd_2digit%22%3A%2212`, `'pwd_2digit', '12'`.
function netBesideNames(value: string, names: readonly string[]): Net {
  const separators = String.raw`(?:\W|%[0-9a-f]{2}){1,12}`
  const pattern = `(?:${names.map(escaped).join('|')})${separators}${escaped(value)}(?!\\d)`
  return { spelling: 'beside its name', pattern: new RegExp(pattern, 'i') }
}

function spellingsOf(value: string): Net[] {
  const bytes = Buffer.from(value)
  const reversed = [...value].toReversed().join('')
  const each = (spell: (byte: number) => string) => [...bytes].map(spell).join('')
  const hexOf = (byte: number) => byte.toString(16).padStart(2, '0')
  return [
    { spelling: 'as it is', pattern: new RegExp(escaped(value), 'i') },
    { spelling: 'grouped', pattern: grouped(value) },
    { spelling: 'reversed', pattern: grouped(reversed) },
    { spelling: 'hex', pattern: new RegExp(each(hexOf), 'i') },
    {
      spelling: 'hex of UTF-16',
      pattern: new RegExp(
        each((byte) => `${hexOf(byte)}00`),
        'i',
      ),
    },
    {
      spelling: 'percent-encoded',
      pattern: new RegExp(
        each((byte) => `%${hexOf(byte)}`),
        'i',
      ),
    },
    {
      spelling: 'escaped',
      pattern: new RegExp(
        each((byte) => `\\\\u00${hexOf(byte)}`),
        'i',
      ),
    },
    { spelling: 'list of bytes', pattern: new RegExp([...bytes].join('[,\\s]+')) },
    ...base64Nets(bytes),
  ]
}

function grouped(value: string): RegExp {
  return new RegExp([...value].map(escaped).join('[-_./: ]?'), 'i')
}

// What base64 makes of a text depends on where in a group of three bytes it begins; the characters at either end
// also carry bits of the neighbours and are left out.
function base64Nets(bytes: Buffer): Net[] {
  return [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
    const firstWhole = Math.ceil((shift * 8) / 6)
    const lastWhole = Math.floor(((shift + bytes.length) * 8) / 6)
    const core = encoded.slice(firstWhole, lastWhole)
    const eitherAlphabet = escaped(core).replaceAll('\\+', '[+-]').replaceAll('\\/', '[/_]')
    return { spelling: 'base64', pattern: new RegExp(eitherAlphabet) }
  })
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}

/** A number that nobody has: a synthetic BIN, random digits, and a check digit. */
export function canaryCardNumber(bin: string, passesCheck: boolean): string {
  const body = bin + String(randomInt(0, 10 ** 11)).padStart(11, '0')
  const right = luhnDigit(body)
  return body + (passesCheck ? right : (right + 1) % 10)
}

function luhnDigit(body: string): number {
  const sum = [...body].toReversed().reduce((total, digit, place) => {
    const weighted = Number(digit) * (place % 2 === 0 ? 2 : 1)
    return total + (weighted > 9 ? weighted - 9 : weighted)
  }, 0)
  return (10 - (sum % 10)) % 10
}

/** Every row of every table, as `copy … to stdout` writes it: what a dump of the database would hold. */
export async function dumpDatabase(connectionString: string): Promise<Place[]> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
    )
    const places: Place[] = []
    for (const { name } of rows) {
      places.push({ name: `table ${name}`, text: await copyToText(client, name) })
    }
    return places
  } finally {
    await client.end()
  }
}

// pg leaves the rows of a COPY to whoever replaces this method of the statement.
interface CopyQuery extends Query {
  handleCopyData: (message: { readonly chunk: Buffer }) => void
}

async function copyToText(client: Client, table: string): Promise<string> {
  const chunks: Buffer[] = []
  await new Promise<void>((resolve, reject) => {
    const query = new Query(`copy ${table} to stdout`) as CopyQuery
    // A copy, since the chunk is a view of the buffer that the next message is read into.
    query.handleCopyData = ({ chunk }) => void chunks.push(Buffer.from(chunk))
    query.on('end', () => resolve())
    query.on('error', reject)
    client.query(query)
  })
  return Buffer.concat(chunks).toString()
}
