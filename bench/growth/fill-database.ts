// Years of business, made inside the database: payments of several merchants, one of them big, with their exchanges,
// cancels, webhooks, billing keys and schedules. Indexes are taken away meanwhile and made again, which is several
// times faster; what they and their tables are like afterwards is the same.

import { Client } from 'pg'

import { adHocSql, type Database } from '../../src/db/database.ts'
import { addSimulatedMerchant } from '../../test/support/simulated-merchant.ts'
import { runAtLeisure } from '../contest.ts'
import type { Rig } from '../rig.ts'

export interface Amounts {
  readonly payments: number
  readonly billingKeys: number
  readonly schedules: number
}

const tables = [
  'payments',
  'exchanges',
  'cancels',
  'webhooks',
  'webhook_attempts',
  'billing_keys',
  'schedules',
  'request_log',
] as const

const bite = 100_000
const sampleText = `select record from exchanges where purpose = 'charge' limit 1`
const smallMerchants = 4

export async function fillDatabase(
  rig: Rig,
  amounts: Amounts,
  say: (line: string) => void,
): Promise<void> {
  const { db } = rig.parts
  const { rowCount } = await db.query(adHocSql(sampleText))
  if (rowCount === 0) throw new Error('make a payment first: no exchange is there to be repeated')
  await addSmallMerchants(rig)
  const indexes = await dropIndexes(db)
  // An exchange leaves room for its record, which comes with the answer; these come whole.
  const { rows: options } = await db.query<{ own: string }>(
    adHocSql(
      `select array_to_string(reloptions, ', ') as own from pg_class where relname = 'exchanges'`,
    ),
  )
  await runAtLeisure(db, 'alter table exchanges set (fillfactor = 90)')
  const fill = async (
    what: string,
    count: number,
    textOf: (from: number, to: number) => string,
  ) => {
    for (let from = 1; from <= count; from += bite) {
      await runAtLeisure(db, textOf(from, Math.min(count, from + bite - 1)))
      say(`${what}: ${Math.min(count, from + bite - 1)} of ${count}`)
    }
  }
  await fill('billing keys', amounts.billingKeys, billingKeysText)
  await fill('payments', amounts.payments, (from, to) => paymentsText(from, to, amounts))
  await fill('schedules', amounts.schedules, (from, to) => schedulesText(from, to, amounts))
  await fill('request log', Math.round(amounts.payments / 50), requestsText)
  for (const { definition } of indexes) {
    say(definition.slice(0, 90))
    await runAtLeisure(db, `set local maintenance_work_mem = '512MB'; ${definition}`)
  }
  await runAtLeisure(db, `alter table exchanges set (${options[0]?.own})`)
  await vacuum(rig, say)
  await runAtLeisure(db, 'checkpoint')
}

// In no transaction, and on a connection without a time limit.
async function vacuum({ databaseUrl }: Rig, say: (line: string) => void): Promise<void> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  for (const table of tables) {
    say(`vacuum ${table}`)
    await client.query(`vacuum (analyze) ${table}`)
  }
  await client.end()
}

/** Their rows are there to be passed over. */
async function addSmallMerchants(rig: Rig): Promise<void> {
  const simulatorUrl = rig.simulator.url
  for (let at = 1; at <= smallMerchants; at += 1) {
    await addSimulatedMerchant(rig.parts, { name: `small ${at}`, cpid: 'CTS00001', simulatorUrl })
  }
}

interface Index {
  readonly name: string
  readonly definition: string
}

/** Those that stand for no constraint. */
async function dropIndexes(db: Database): Promise<Index[]> {
  const names = tables.map((table) => `'${table}'`).join(', ')
  const { rows } = await db.query<Index>(
    adHocSql(`select c.relname as name, pg_get_indexdef(i.indexrelid) as definition
      from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
      where t.relname in (${names})
        and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
      order by c.relname`),
  )
  for (const { name } of rows) await runAtLeisure(db, `drop index ${name}`)
  return rows
}

// Row n belongs to the big merchant, the first one, in six cases of ten, and to a small one in the others. A billing key
// and its payments have the same last digit, so they belong to the same merchant.
const owners = `owners as (
  select d.digit, c.merchant_id, c.channel_key, c.pg_id
  from generate_series(0, 9) as d(digit)
  join lateral (
    select merchant_id, channel_key, pg_id, row_number() over (order by merchant_id) as place from channels) c
  on c.place = case when d.digit < 6 then 1 else d.digit - 4 end)`

// A bijection below 10^12 without a pattern, as random digits have none.
const impUidOf = (n: string) =>
  `'imps_' || lpad((${n}::bigint * 618033988749 % 1000000000000)::text, 12, '0')`
const years = `interval '3 years'`

function billingKeysText(from: number, to: number): string {
  return `with ${owners}, sealed as (select gateway_key_sealed as bytes from billing_keys limit 1)
    insert into billing_keys (
      merchant_id, customer_uid, channel_key, pg_id, sandbox, gateway_key_sealed, card_number_masked, card_code,
      card_name, card_type, customer_name, customer_tel, customer_email, inserted_at, updated_at)
    select o.merchant_id, 'member-' || n, o.channel_key, o.pg_id, true, s.bytes, '936600******0000', '366',
      '신한카드', 0, '김구매', '010-0000-0000', 'member' || n || '@example.com', t, t
    from generate_series(${from}, ${to}) n join owners o on o.digit = n % 10 cross join sealed s
      cross join lateral (select now() - ${years} * (random() + 0 * n) as t) at`
}

// Ids of this kind begin with the time, as those do that billkey makes.
const uuidAt = (instant: string) => `uuidv7(${instant} - clock_timestamp())`

// Of a hundred payments 92 are paid, five declined and three given back; of the last day's thousand one is unknown, as
// evidence ends the older ones. Each is
// written with all that belongs to it: its exchange, its cancel, its webhook and the one attempt at that.
function paymentsText(from: number, to: number, { payments, billingKeys }: Amounts): string {
  return `with ${owners}, sample as (${sampleText}),
    p as (
      insert into payments (
        merchant_id, imp_uid, merchant_uid, state, method, channel_key, pg_id, sandbox, amount, cancel_amount, name,
        buyer_name, buyer_email, buyer_tel, custom_data, customer_uid, customer_uid_usage, card_number_masked,
        card_code, card_name, card_type, pg_tid, apply_num, failure, fail_reason, started_at, paid_at, failed_at,
        cancelled_at, updated_at)
      select o.merchant_id, ${impUidOf('n')}, 'order-' || to_char(t, 'YYYYMMDD') || '-' || n, state, 'billing_key',
        o.channel_key, o.pg_id, true, 9900, case when state = 'cancelled' then 9900 else 0 end, '월간 구독', '김구매',
        'member' || n || '@example.com', '010-0000-0000', '{"plan":"monthly"}',
        'member-' || 1 + (n - 1) % ${billingKeys}, 'payment.scheduled', '936600******0000', '366', '신한카드', 0,
        case when is_taken then 'CTS' || to_char(t, 'YYMMDDHH24MI') || lpad(n::text, 9, '0') end,
        case when is_taken then lpad((n % 100000000)::text, 8, '0') end,
        case when state = 'failed' then 'declined' end, case when state = 'failed' then '[S202]한도초과' end,
        t, case when is_taken then ended_at end, case when state = 'failed' then ended_at end,
        case when state = 'cancelled' then least(t + interval '1 day', now()) end, ended_at
      from generate_series(${from}, ${to}) n join owners o on o.digit = n % 10
        cross join lateral (select now() - interval '1 hour' - ${years} * (1 - n / ${payments}::float8) as t,
          case when n > 0.999 * ${payments} and n % 1000 = 3 then 'unknown' when n % 100 < 92 then 'paid'
            when n % 100 < 97 then 'failed' else 'cancelled' end as state) at
        cross join lateral (select t + interval '400 milliseconds' as ended_at,
          state in ('paid', 'cancelled') as is_taken) it
      returning merchant_id, imp_uid, merchant_uid, customer_uid, channel_key, state, amount, pg_tid, started_at,
        cancelled_at),
    x as (
      insert into exchanges (
        merchant_id, exchange_id, purpose, imp_uid, customer_uid, channel_key, order_number, amount, outcome,
        result_code, transaction_id, record, started_at, finished_at)
      select p.merchant_id, ${uuidAt('p.started_at')}, 'charge', p.imp_uid, p.customer_uid, p.channel_key, p.imp_uid,
        p.amount, case p.state when 'failed' then 'declined' when 'unknown' then 'unknown' else 'approved' end,
        case p.state when 'failed' then 'S202' when 'unknown' then null else '0000' end, p.pg_tid, s.record,
        p.started_at, p.started_at + interval '400 milliseconds'
      from p cross join sample s),
    c as (
      insert into cancels (
        merchant_id, cancel_id, imp_uid, state, amount, reason, enable_webhook, pg_tid, started_at, cancelled_at,
        updated_at)
      select merchant_id, ${uuidAt('cancelled_at')}, imp_uid, 'done', amount, '고객 요청', false, pg_tid,
        cancelled_at, cancelled_at, cancelled_at
      from p where state = 'cancelled'),
    w as (
      insert into webhooks (
        merchant_id, webhook_id, sandbox, imp_uid, merchant_uid, status, state, attempt_count, created_at, delivered_at,
        updated_at)
      select merchant_id, ${uuidAt('started_at')}, true, imp_uid, merchant_uid,
        case state when 'failed' then 'failed' else 'paid' end, 'delivered', 1, started_at, started_at, started_at
      from p where state <> 'unknown'
      returning merchant_id, webhook_id, imp_uid, merchant_uid, status, created_at)
    insert into webhook_attempts (
      merchant_id, webhook_id, attempt, url, request_body, status, response_body, started_at, duration_ms)
    select merchant_id, webhook_id, 1, 'https://shop.example/hooks/payments',
      '{"imp_uid":"' || imp_uid || '","merchant_uid":"' || merchant_uid || '","status":"' || status || '"}',
      200, 'OK', created_at, 35
    from w`
}

// Seven of ten have been executed, as many as have payments; the others are due between tomorrow and a year from now.
function schedulesText(from: number, to: number, { schedules, billingKeys }: Amounts): string {
  return `with ${owners}
    insert into schedules (
      merchant_id, schedule_id, merchant_uid, customer_uid, state, schedule_at, due_at, amount, name, buyer_name,
      buyer_email, buyer_ip, imp_uid, payment_status, created_at, executed_at, updated_at)
    select o.merchant_id, ${uuidAt('t')}, 'plan-' || n, 'member-' || 1 + (n - 1) % ${billingKeys},
      case when is_past then 'executed' else 'scheduled' end, t, t, 9900, '월간 구독', '김구매',
      'member' || n || '@example.com', '203.0.113.7', case when is_past then ${impUidOf('n')} end,
      case when is_past then 'paid' end, t - interval '30 days', case when is_past then t end, t
    from generate_series(${from}, ${to}) n join owners o on o.digit = n % 10
      cross join lateral (select n <= 0.7 * ${schedules} as is_past) past
      cross join lateral (select case when is_past then now() - interval '1 hour' - ${years} * random()
        else now() + interval '1 day' + interval '1 year' * random() end as t) at`
}

function requestsText(from: number, to: number): string {
  return `with ${owners}
    insert into request_log (
      merchant_id, at, request_id, imp_key, method, route, status, code, duration_ms, imp_uid, client_ip)
    select o.merchant_id, now() - interval '7 days' * random(), 'filled.' || n, '0000000000000000', 'GET',
      '/payments/:imp_uid', 200, 0, 3, ${impUidOf('n')}, '203.0.113.7'
    from generate_series(${from}, ${to}) n join owners o on o.digit = n % 10`
}

export interface Storage {
  readonly table: string
  readonly bytes: number
  readonly rows: number
}

/** Bytes on disk, indexes and what is kept aside included. */
export async function measureStorage(db: Database): Promise<Storage[]> {
  const { rows } = await db.query<Storage>(
    adHocSql(`select relname as "table", pg_total_relation_size(oid)::float8 as bytes, reltuples::float8 as rows
      from pg_class where relname in (${tables.map((table) => `'${table}'`).join(', ')}) order by 2 desc`),
  )
  return rows
}
