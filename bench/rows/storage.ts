// What a payment with its webhook leaves on disk, by table and index, and what it writes there on the way: paid through
// the API, so that rows are updated and vacuumed as they are in production.

import { setTimeout as delay } from 'node:timers/promises'

import { adHocSql, type Database } from '../../src/db/database.ts'
import { countBacklog, type RunOptions, runAtLeisure } from '../contest.ts'
import { figure, type Figure, type RowOutcome } from '../figures.ts'
import type { Measured } from '../load/task.ts'
import type { Rig } from '../rig.ts'
import { closedModel } from './charges.ts'
import { againWork } from './requests.ts'

const connections = 16
/** Less than that per payment is the noise of pages that are half full. */
const bytesShownMin = 1
const deliveryMaxMs = 60_000
/** Within so long a connection that rests has told the server's statistics what it did. */
const statisticsSettleMs = 11_000

export async function measureStorage(rig: Rig, options: RunOptions): Promise<RowOutcome> {
  // What the first load leaves free the later ones use, as in a database that has been at work for long.
  const first = await load(rig, options)
  const errors = errorOf(first)
  const rounds: Round[] = []
  let before = await takeStock(rig)
  for (let round = 1; round <= options.rounds; round += 1) {
    errors.push(...errorOf(await load(rig, options)))
    const after = await takeStock(rig)
    rounds.push({ before, after, payments: after.payments - before.payments })
    options.say(`round ${round}  ${after.payments - before.payments} payments`)
    before = after
  }
  return {
    figures: [...totalFigures(rounds), ...relationFigures(rounds)],
    notes: [
      `payments by \`again\` with their webhooks, ${connections} connections; after each round the webhooks are waited for, then the tables vacuumed`,
      'rounds begin with a checkpoint: a page is written whole into the log when it is first changed after one, so the log is longest then',
      'indexes fill up as they grow; the row `growth` has the bytes of a database with years of business in it',
    ],
    errors,
  }
}

interface Stock {
  readonly payments: number
  readonly bytesByRelation: ReadonlyMap<string, number>
  readonly walBytes: number
  readonly walSyncs: number
  readonly walPages: number
}

interface Round {
  readonly before: Stock
  readonly after: Stock
  readonly payments: number
}

async function load(rig: Rig, options: RunOptions): Promise<Measured> {
  await runAtLeisure(rig.parts.db, 'checkpoint')
  const model = closedModel(connections, { ...options, warmupSeconds: 0 })
  return rig.load.run({ work: await againWork(rig), model })
}

function errorOf({ errors, firstError }: Measured): string[] {
  return errors === 0 ? [] : [`${errors} errors, the first: ${firstError}`]
}

/** Of the log before vacuuming, of the rest after it. */
async function takeStock(rig: Rig): Promise<Stock> {
  const { db } = rig.parts
  await untilDelivered(rig)
  await delay(statisticsSettleMs)
  const log = await readLog(db)
  await db.query(adHocSql('vacuum'))
  return { ...log, ...(await readSizes(db)) }
}

async function untilDelivered(rig: Rig): Promise<void> {
  const untilMs = performance.now() + deliveryMaxMs
  while ((await countBacklog(rig)) > 0) {
    if (performance.now() > untilMs) throw new Error('webhooks were not delivered in time')
    await delay(250)
  }
}

async function readLog(db: Database): Promise<Pick<Stock, 'walBytes' | 'walPages' | 'walSyncs'>> {
  const { rows } = await db.query<Pick<Stock, 'walBytes' | 'walPages' | 'walSyncs'>>(
    adHocSql(`select (pg_current_wal_insert_lsn() - '0/0')::float8 as "walBytes", wal_fpi::float8 as "walPages",
      (select sum(fsyncs)::float8 from pg_stat_io where object = 'wal') as "walSyncs" from pg_stat_wal`),
  )
  const [log] = rows
  if (log === undefined) throw new Error('the server says nothing of its log')
  return log
}

async function readSizes(db: Database): Promise<Pick<Stock, 'payments' | 'bytesByRelation'>> {
  const { rows } = await db.query<{ name: string; bytes: number }>(
    adHocSql(`select case c.relkind when 'r' then c.relname else t.relname || ', index ' || c.relname end as name,
        case c.relkind when 'r' then pg_table_size(c.oid) else pg_relation_size(c.oid) end::float8 as bytes
      from pg_class c left join pg_index i on i.indexrelid = c.oid left join pg_class t on t.oid = i.indrelid
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'i')`),
  )
  const counted = await db.query<{ payments: number }>(
    adHocSql('select count(*)::float8 as payments from payments'),
  )
  return {
    payments: counted.rows[0]?.payments ?? 0,
    bytesByRelation: new Map(rows.map(({ name, bytes }) => [name, bytes])),
  }
}

function perPayment(rounds: readonly Round[], valueOf: (stock: Stock) => number): number[] {
  return rounds.map(({ before, after, payments }) => (valueOf(after) - valueOf(before)) / payments)
}

function totalFigures(rounds: readonly Round[]): Figure[] {
  const sizeOf = ({ bytesByRelation }: Stock) =>
    [...bytesByRelation.values()].reduce((sum, bytes) => sum + bytes, 0)
  return [
    figure('bytes per payment, tables and indexes', 'bytes', perPayment(rounds, sizeOf)),
    figure(
      'bytes of write-ahead log per payment',
      'bytes',
      perPayment(rounds, ({ walBytes }) => walBytes),
    ),
    figure(
      'whole pages in the log per payment',
      '',
      perPayment(rounds, ({ walPages }) => walPages),
    ),
    figure(
      'syncs of the log per payment',
      '',
      perPayment(rounds, ({ walSyncs }) => walSyncs),
    ),
  ]
}

function relationFigures(rounds: readonly Round[]): Figure[] {
  const names = [...(rounds[0]?.after.bytesByRelation.keys() ?? [])]
  return names
    .map((name) =>
      figure(
        `bytes per payment of ${name}`,
        'bytes',
        perPayment(rounds, ({ bytesByRelation }) => bytesByRelation.get(name) ?? 0),
      ),
    )
    .filter(({ spread }) => spread.median >= bytesShownMin)
    .sort((a, b) => b.spread.median - a.spread.median)
}
