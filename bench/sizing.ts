// The tables of docs/operate/sizing.md, from what was measured: npm exec -- node bench/sizing.ts [folder of results]
// Everything in them is a figure of a row, or arithmetic with such figures.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { fileOf } from '../test/support/child-program.ts'
import type { Figure, RowResult } from './figures.ts'
import { format } from './results-page.ts'
import { sources } from './sizing-sources.ts'

type Medians = Readonly<Record<keyof typeof sources, number>>

async function readRow(dir: string, row: string): Promise<RowResult> {
  const text = await readFile(join(dir, `${row}.json`), 'utf8').catch(() => null)
  if (text === null) throw new Error(`${row} was not measured: npm run bench -- ${row}`)
  const result = JSON.parse(text) as RowResult
  if (result.errors.length > 0) throw new Error(`${row} had errors and proves nothing`)
  return result
}

function figureOf({ name, figures }: RowResult, pattern: RegExp): Figure {
  const found = figures.find(({ what }) => pattern.test(what))
  if (found === undefined) throw new Error(`the row ${name} has no figure like ${pattern}`)
  return found
}

function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

interface Measured {
  readonly table: string
  readonly medians: Medians
}

function readMeasured(rows: ReadonlyMap<string, RowResult>): Measured {
  const entries = Object.entries(sources).map(([name, { row, figure, label }]) => {
    const result = rows.get(row)
    if (result === undefined) throw new Error(`the row ${row} was not read`)
    const { what, unit, spread } = figureOf(result, figure)
    const cells = [
      label.replace('{n}', /\d{2,}/.exec(what)?.[0] ?? ''),
      format(spread.median, unit),
      `${format(spread.least, unit)} – ${format(spread.most, unit)}`,
      `\`${row}\`, ${result.rounds} × ${result.seconds} s, ${result.at.slice(0, 10)}`,
    ]
    return { name, median: spread.median, cells }
  })
  const table = tableOf(
    ['measured', 'median', 'least – most', 'by `npm run bench --` …'],
    entries.map(({ cells }) => cells),
  )
  return {
    table: `${machinesOf([...rows.values()])}\n\n${table}`,
    medians: Object.fromEntries(entries.map(({ name, median }) => [name, median])) as Medians,
  }
}

const described = [
  'processor',
  'memory',
  'file system of the database',
  'Node',
  'PostgreSQL',
] as const

/** On what it was measured; one line where all rows are of one machine. */
function machinesOf(results: readonly RowResult[]): string {
  const lines = results.map(({ rig }) =>
    described.map((what) => `${what} ${rig[what] ?? 'unknown'}`).join('; '),
  )
  return `On: ${[...new Set(lines)].join('. And on: ')}.`
}

/** Bytes of a payment by table: its rows, and its indexes together. */
function storageTable({ figures }: RowResult): string {
  const bytes = new Map<string, { rows: number; indexes: number }>()
  for (const { what, spread } of figures) {
    const [, table, index] = /^bytes per payment of (\w+)(, index \w+)?$/.exec(what) ?? []
    if (table === undefined) continue
    const sums = bytes.get(table) ?? { rows: 0, indexes: 0 }
    sums[index === undefined ? 'rows' : 'indexes'] += spread.median
    bytes.set(table, sums)
  }
  return tableOf(
    ['table', 'bytes of rows', 'bytes of indexes'],
    [...bytes].map(([table, { rows, indexes }]) => [
      `\`${table}\``,
      rows.toFixed(0),
      indexes.toFixed(0),
    ]),
  )
}

/** Busier than that, what arrives unevenly waits. */
const busyShare = 0.6
const connectionsOfProcess = 10
/** Of a payment and its webhook, where nobody shares them: test/costs/expected-costs.ts. */
const commitsMax = 4
const peaks = [1, 10, 100, 1_000] as const
const volumes = [100_000, 1_000_000, 10_000_000, 100_000_000] as const

function unitTable(medians: Medians): string {
  const { apiMs, workerMs, postgresMs, spreadApiMs, spreadWorkerMs, spreadPostgresMs } = medians
  const { lookApiMs, scheduleMs, diskBytes } = medians
  const rates = (what: string, one: number, each: number, how: string) => [
    what,
    `${(1000 / one).toFixed(0)} a second`,
    `${(1000 / each).toFixed(0)} a second`,
    how,
  ]
  const all = [
    apiMs + workerMs + postgresMs,
    spreadApiMs + spreadWorkerMs + spreadPostgresMs,
  ] as const
  const perGigabyte = Math.round(1e9 / diskBytes).toLocaleString('en')
  return tableOf(
    ['of', 'all of one merchant', 'each of another', 'how'],
    [
      rates('a core that everything shares', ...all, '1000 ÷ ms of all three'),
      rates('an API node, which is a core', apiMs, spreadApiMs, '1000 ÷ ms of a payment'),
      rates(
        'the same, each looked up once',
        apiMs + lookApiMs,
        spreadApiMs + lookApiMs,
        '1000 ÷ ms of a payment and a look-up',
      ),
      rates('a worker that sends webhooks', workerMs, spreadWorkerMs, '1000 ÷ ms of a webhook'),
      [
        'a worker that charges schedules',
        '',
        `${(1000 / scheduleMs).toFixed(0)} a second`,
        '1000 ÷ ms of a scheduled payment',
      ],
      rates('a core of PostgreSQL', postgresMs, spreadPostgresMs, '1000 ÷ ms of both'),
      ['a GB of disk', `${perGigabyte} payments`, 'the same', '1,000,000,000 ÷ bytes'],
    ],
  )
}

function peakTable(medians: Medians): string {
  const heads = [
    'payments a second at the peak',
    'API cores busy',
    'worker cores busy',
    'PostgreSQL cores busy',
    'API nodes + workers',
    'connections',
    'cores of the database server',
    'log a second',
    'syncs a second',
  ]
  return tableOf(
    heads,
    peaks.map((perSecond) => peakCells(medians, perSecond)),
  )
}

/** As if each payment were of another merchant: the dearest there are. */
function peakCells(medians: Medians, perSecond: number): string[] {
  const { lookApiMs, lookPostgresMs, logBytes, syncs } = medians
  const apiMs = medians.spreadApiMs + lookApiMs
  const workerMs = medians.spreadWorkerMs
  const postgresMs = medians.spreadPostgresMs + lookPostgresMs
  const busy = (ms: number) => (perSecond * ms) / 1000
  // Two of each, so that one may be lost.
  const processes = (ms: number) => Math.max(2, Math.ceil(busy(ms) / busyShare))
  const apis = processes(apiMs)
  const workers = processes(workerMs)
  return [
    perSecond.toLocaleString('en'),
    busy(apiMs).toFixed(2),
    busy(workerMs).toFixed(2),
    busy(postgresMs).toFixed(2),
    `${apis} + ${workers}`,
    String((apis + workers) * connectionsOfProcess),
    String(Math.ceil(busy(postgresMs) / busyShare)),
    `${((perSecond * logBytes) / 1e6).toFixed(perSecond < 100 ? 2 : 1)} MB`,
    `${(perSecond * Math.min(syncs, commitsMax)).toFixed(0)} to ${perSecond * commitsMax}`,
  ]
}

/** Written all over, since the digits of an imp_uid are random; the request log stops growing. */
const randomIndexes = [
  'payments_pkey',
  'exchanges_by_payment',
  'exchanges_one_charge',
  'webhooks_by_payment',
] as const

function volumeTable({ diskBytes, logBytes }: Medians, storage: RowResult): string {
  const randomBytes = randomIndexes.reduce(
    (sum, index) => sum + figureOf(storage, new RegExp(`, index ${index}$`)).spread.median,
    0,
  )
  const gigabytes = (bytes: number) => {
    const value = bytes / 1e9
    return `${value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 })} GB`
  }
  return tableOf(
    [
      'payments a month',
      'a second, on average',
      'disk a year',
      'of it indexes by `imp_uid`',
      'log a day',
    ],
    volumes.map((perMonth) => [
      perMonth.toLocaleString('en'),
      (perMonth / 30 / 86_400).toFixed(2),
      gigabytes(perMonth * 12 * diskBytes),
      gigabytes(perMonth * 12 * randomBytes),
      gigabytes((perMonth / 30) * logBytes),
    ]),
  )
}

/** What stands between the marks of this name becomes the table. */
function putTable(page: string, name: string, table: string): string {
  const marked = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- end of ${name} -->)`)
  if (!marked.test(page)) throw new Error(`the page has no place for '${name}'`)
  return page.replace(marked, (_, begin: string, end: string) => `${begin}\n${table}\n\n${end}`)
}

const dir = process.argv[2] ?? fileOf('bench/results')
const pagePath = fileOf('docs/operate/sizing.md')
const names = [...new Set(Object.values(sources).map(({ row }) => row))]
const rows = new Map<string, RowResult>()
for (const name of names) rows.set(name, await readRow(dir, name))
const { table, medians } = readMeasured(rows)
const storage = rows.get('storage')
if (storage === undefined) throw new Error('the row storage was not read')
const tables = {
  measured: table,
  storage: storageTable(storage),
  units: unitTable(medians),
  peaks: peakTable(medians),
  volumes: volumeTable(medians, storage),
}
let page = await readFile(pagePath, 'utf8')
for (const [name, text] of Object.entries(tables)) page = putTable(page, name, text)
await writeFile(pagePath, page)
