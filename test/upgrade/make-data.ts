// Makes the data that the test of upgrades begins with: what a version leaves behind, with a payment in every state. It
// is to be run by that version. For the schema of migrations 0001 to 0009:
//
//   git worktree add ../previous 18c92dd && cp -r test/upgrade ../previous/test/ && cd ../previous && npm ci
//   npm exec -- node test/upgrade/make-data.ts test/upgrade/schema-0009
//
// It writes <name>.json and <name>.ledger.ndjson, which are copied back here. The master key in it opens nothing else.

import { copyFile, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { adHocSql } from '../../src/db/database.ts'
import { newEntry, registerCard, reserve, unschedulePath } from '../api/reservations.ts'
import { createHeldWaits } from '../faults/held-waits.ts'
import { orderFault } from '../faults/outcome-checks.ts'
import { newAttempt, onetime, onetimeWithKey } from '../faults/ways-to-charge.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { executed } from '../workers/scheduled-work.ts'
import type { PreviousData, TableRows } from './previous-data.ts'

const [name = ''] = process.argv.slice(2)
if (name === '') throw new Error('name the files to write, without their endings')

const masterKey = randomBytes(32).toString('base64')
const ledgerFile = join(tmpdir(), `billkey-previous-${process.pid}.ndjson`)
const waits = createHeldWaits()
const app = await startTestApp({
  environment: { BILLKEY_MASTER_KEY: masterKey },
  simulator: { ledgerFile, delay: waits.delay },
})
const { merchant } = app

async function charge(merchantUid: string): Promise<void> {
  await onetime.charge(merchant, { ...newAttempt(), merchantUid })
}

async function cancel(merchantUid: string, amount?: number): Promise<void> {
  const body = { merchant_uid: merchantUid, reason: '고객 요청', ...(amount && { amount }) }
  await merchant.call('POST', '/payments/cancel', body)
}

await charge('paid')
await charge('cancelled')
await cancel('cancelled')
await charge('partly-cancelled')
await cancel('partly-cancelled', 1_000)
await charge('cancel-unknown')
await orderFault(app, { match: { cancel: true }, fault: 'answer_lost' })
await cancel('cancel-unknown', 500)
await orderFault(app, { match: {}, fault: 'declined' })
await charge('failed')
await onetimeWithKey.charge(merchant, {
  ...newAttempt(),
  merchantUid: 'with-key',
  customerUid: 'kept',
})
await orderFault(app, { match: {}, fault: 'answer_lost' })
await charge('unknown-charged')
await orderFault(app, { match: {}, fault: 'reset_before_commit' })
await charge('unknown-not-charged')

await registerCard(merchant, 'subscriber')
const nowSeconds = Math.floor(Date.now() / 1000)
const inYears = nowSeconds + 10 * 365 * 86_400
const notice = { notice_url: 'http://127.0.0.1:9/told', custom_data: '{"plan":"월간"}' }
await reserve(merchant, 'subscriber', [
  newEntry(inYears, { merchant_uid: 'scheduled', ...notice }),
  newEntry(inYears, { merchant_uid: 'revoked' }),
  newEntry(nowSeconds + 3, { merchant_uid: 'executed', ...notice }),
])
await merchant.call('POST', unschedulePath, {
  customer_uid: 'subscriber',
  merchant_uid: ['revoked'],
})
await executed(merchant, 'executed')
await merchant.call(
  'POST',
  '/subscribe/payments/again',
  { merchant_uid: 'idempotent', amount: 2_000, name: '1회', customer_uid: 'subscriber' },
  { 'idempotency-key': 'kept-for-15-days' },
)

const paths = [
  ...[
    'paid',
    'cancelled',
    'partly-cancelled',
    'failed',
    'with-key',
    'unknown-charged',
    'executed',
  ].map((uid) => `/payments/find/${uid}`),
  ...['scheduled', 'revoked', 'executed'].map((uid) => `/subscribe/payments/schedule/${uid}`),
  '/subscribe/customers/subscriber',
  '/subscribe/customers/kept',
]
const answers = []
for (const path of paths) {
  answers.push({ path, response: (await merchant.call('GET', path)).body.response as unknown })
}

// One that is on its way at this moment.
await orderFault(app, { match: {}, fault: 'slow' })
const onItsWay = charge('sending')
const wait = await waits.next()
const data: PreviousData = {
  masterKey,
  impKey: merchant.impKey,
  impSecret: merchant.impSecret,
  channelKey: merchant.channel.channelKey,
  answers,
  tables: await readTables(app),
}
await writeFile(`${name}.json`, `${JSON.stringify(data, null, 1)}\n`)
await copyFile(ledgerFile, `${name}.ledger.ndjson`)
wait.release()
await onItsWay
await app.close()

async function readTables({ parts }: TestApp): Promise<TableRows[]> {
  const { rows: tables } = await parts.db.query<Omit<TableRows, 'rows'>>(
    adHocSql(
      `select c.relname as "table",
         array_agg(a.attname::text order by a.attnum) filter (where a.attgenerated = '') as columns
       from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and c.relname <> 'schema_migrations'
       group by c.relname order by c.relname`,
    ),
  )
  const found: TableRows[] = []
  for (const { table, columns } of tables) {
    const { rows } = await parts.db.query<{ row: object }>(
      adHocSql(`select to_jsonb(t) as row from (select ${columns.join(', ')} from ${table}) t`),
    )
    if (rows.length > 0) found.push({ table, columns, rows: rows.map(({ row }) => row) })
  }
  return found
}
