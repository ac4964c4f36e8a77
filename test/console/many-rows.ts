// Rows by the ten thousand, made in the database: what a list has to stay fast with.

import { adHocSql, type Database } from '../../src/db/database.ts'

const bite = 2_500

/** Payments a second apart that end at `endMs`, every hundredth failed, some of each of a hundred customers. */
export async function addPayments(
  db: Database,
  merchantId: number,
  { count, endMs, prefix }: { count: number; endMs: number; prefix: string },
): Promise<void> {
  const text = `insert into payments (
     merchant_id, imp_uid, merchant_uid, state, method, channel_key, pg_id, sandbox, amount, name, buyer_name,
     customer_uid, failure, fail_reason, started_at, paid_at, failed_at, pg_tid, updated_at)
   select ${merchantId}, 'imps_' || lpad((700000000000 + n)::text, 12, '0'), '${prefix}' || n,
     case when n % 100 = 0 then 'failed' else 'paid' end, 'billing_key', 'channel_many', 'CTS00001', true,
     1000 + n % 7, '정기결제 ' || n, case n % 1000 when 1 then '=cmd|calc' when 2 then '홍길동, "길동"' else '김구매' end,
     '${prefix}customer_' || n % 100, case when n % 100 = 0 then 'declined' end,
     case when n % 100 = 0 then '[9999]한도초과' end, t, case when n % 100 <> 0 then t end,
     case when n % 100 = 0 then t end, '${prefix}tid_' || n, t
   from (select n, to_timestamp(${endMs / 1000} - ${count} + n) as t from generate_series($1::int, $2::int) n) s`
  // In bites, so that a busy machine does not run into the time limit of a statement.
  for (let first = 1; first <= count; first += bite) {
    await db.query(adHocSql(text), [first, Math.min(count, first + bite - 1)])
  }
  await db.query(adHocSql('analyze payments'))
}

/** Schedules of a customer, an hour apart from `firstMs` on; those before `nowMs` were paid, every tenth failed. */
export async function addSchedules(
  db: Database,
  merchantId: number,
  {
    count,
    firstMs,
    nowMs,
    prefix,
  }: { count: number; firstMs: number; nowMs: number; prefix: string },
): Promise<void> {
  const text = `insert into schedules (
     merchant_id, schedule_id, merchant_uid, customer_uid, state, schedule_at, due_at, amount, name, buyer_ip,
     imp_uid, payment_status, fail_reason, created_at, executed_at, updated_at)
   select ${merchantId}, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, '${prefix}' || n,
     '${prefix}customer_' || n % 50, case when t < now_at then 'executed' else 'scheduled' end, t, t, 1000 + n % 10,
     '정기결제', '127.0.0.1', case when t < now_at then 'imps_' || lpad(n::text, 12, '0') end,
     case when t < now_at then case when n % 10 = 0 then 'failed' else 'paid' end end,
     case when t < now_at and n % 10 = 0 then '한도초과' end, now_at, case when t < now_at then t end, now_at
   from (select n, to_timestamp(${firstMs / 1000} + n * 3600) as t, to_timestamp(${nowMs / 1000}) as now_at
     from generate_series($1::int, $2::int) n) s`
  for (let first = 1; first <= count; first += bite) {
    await db.query(adHocSql(text), [first, Math.min(count, first + bite - 1)])
  }
  await db.query(adHocSql('analyze schedules'))
}
