// Every statement that writes schedules. Each is one statement, so one durable commit; an attempt by the worker and
// a change by the merchant meet on the row, and the first one wins.

import { type Act, auditEvent } from '../audit/audit-event.ts'
import { instant, json, type Queryable, sql, sqlOfEach, type SqlValue } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { claimCondition, type ScheduleClaim } from '../payments/schedule-claim.ts'
import { tellMerchant } from '../payments/settled-follow-ups.ts'
import { scheduleColumns } from './schedule-columns.ts'
import type { Schedule } from './schedule.ts'

/** The unique index that keeps one merchant_uid from being reserved twice. */
export const scheduleUidTaken = 'schedules_merchant_uid_taken'

export type NewSchedule = Omit<
  Schedule,
  | 'state'
  | 'dueAtMs'
  | 'unsentAttempts'
  | 'impUid'
  | 'paymentStatus'
  | 'failReason'
  | 'executedAtMs'
  | 'revokedAtMs'
>

// The lock on the key makes its deletion wait, which looks for pending schedules after it has the key.
const insertStatement = sql(
  'insert_schedules',
  `with key as (
     select from billing_keys where merchant_id = $1 and customer_uid = $2 for key share)
   insert into schedules (
     merchant_id, schedule_id, merchant_uid, customer_uid, state, schedule_at, due_at, amount, tax_free,
     vat_amount, card_quota, name, customer_id, buyer_name, buyer_email, buyer_tel, buyer_addr,
     buyer_postcode, buyer_ip, custom_data, notice_url, created_at, updated_at)
   select $1::bigint, e."scheduleId", e."merchantUid", $2::text, 'scheduled', e."scheduleAt", e."scheduleAt",
     e."amountWon", e."taxFreeWon", e."vatWon", e."cardQuota", e."name", e."customerId", e."buyerName",
     e."buyerEmail", e."buyerTel", e."buyerAddr", e."buyerPostcode", e."buyerIp", e."customData",
     e."noticeUrl", $4::timestamptz, $4::timestamptz
   from key, jsonb_to_recordset($3) as e(
     "scheduleId" uuid, "merchantUid" text, "scheduleAt" timestamptz, "amountWon" bigint,
     "taxFreeWon" bigint, "vatWon" bigint, "cardQuota" int, "name" text, "customerId" text,
     "buyerName" text, "buyerEmail" text, "buyerTel" text, "buyerAddr" text, "buyerPostcode" text,
     "buyerIp" text, "customData" text, "noticeUrl" text)
   returning ${scheduleColumns}`,
)

/**
 * Reserves all or none. Violates `schedules_merchant_uid_taken` when one is reserved already. Gives nothing when
 * the billing key is gone.
 */
export async function insertSchedules(
  db: Queryable,
  { merchantId, customerUid }: Pick<Schedule, 'merchantId' | 'customerUid'>,
  schedules: readonly NewSchedule[],
  nowMs: number,
): Promise<Schedule[]> {
  const entries = schedules.map(({ scheduleAtMs, ...entry }) => ({
    ...entry,
    scheduleAt: instant(scheduleAtMs),
  }))
  const { rows } = await db.query<Schedule>(insertStatement, [
    merchantId,
    customerUid,
    json(entries),
    instant(nowMs),
  ])
  return rows
}

// Locked in one order, so that two lists that overlap do not wait for each other. Who is named decides which index leads to
// them.
const revokeCondition = {
  customer: 'customer_uid = $2 and $3::text[] is null',
  list: 'merchant_uid = any($3) and ($2::text is null or customer_uid = $2)',
}
const revokeStatement = sqlOfEach(
  'revoke_schedules_by',
  ['customer', 'list'],
  (by) =>
    `with picked as (
       select schedule_id from schedules
       where merchant_id = $1 and state = 'scheduled' and ${revokeCondition[by]}
       order by schedule_id for update)
     update schedules set state = 'revoked', revoked_at = $4, updated_at = $4
     where merchant_id = $1 and schedule_id in (select schedule_id from picked) and state = 'scheduled'
     returning ${scheduleColumns}`,
)

/** Revokes what is still scheduled, by customer, by list, or both; null: not by that. In no particular order. */
export async function revokeSchedules(
  db: Queryable,
  owner: MerchantId,
  by: { readonly customerUid: string | null; readonly merchantUids: readonly string[] | null },
  nowMs: number,
): Promise<Schedule[]> {
  const statement = revokeStatement(by.merchantUids === null ? 'customer' : 'list')
  const { rows } = await db.query<Schedule>(statement, [
    owner,
    by.customerUid,
    by.merchantUids,
    instant(nowMs),
  ])
  return rows
}

// A person's change leaves its event in the same statement; a program's own changes take no turn on the trail.
function byPerson(change: string, action: string, detail: string): string {
  return `with changed as (
     ${change}
     returning *),
   ${auditEvent({
     from: 'changed',
     eventId: '$5',
     actor: '$6',
     action: `'schedule.${action}'`,
     subject: 'schedule_id',
     detail: `jsonb_build_object('merchantUid', merchant_uid) || ${detail}`,
     at: '$7',
   })}
   select ${scheduleColumns} from changed`
}

const byProgram = (change: string): string => `${change}
   returning ${scheduleColumns}`

function changeStatements(
  name: string,
  change: string,
  [action, detail]: readonly [string, string],
) {
  return {
    program: sql(name, byProgram(change)),
    person: sql(`${name}_by_person`, byPerson(change, action, detail)),
  }
}

async function change(
  db: Queryable,
  statements: ReturnType<typeof changeStatements>,
  values: readonly SqlValue[],
  act: Act | null,
): Promise<Schedule | undefined> {
  const { rows } =
    act === null
      ? await db.query<Schedule>(statements.program, values)
      : await db.query<Schedule>(statements.person, [
          ...values,
          act.eventId,
          act.actor,
          instant(act.atMs),
        ])
  return rows[0]
}

const moveStatements = changeStatements(
  'move_schedule',
  `update schedules set schedule_at = $3, due_at = $3, unsent_attempts = 0, updated_at = $4
   where merchant_id = $1 and schedule_id = $2 and state = 'scheduled'`,
  ['moved', `jsonb_build_object('scheduleAt', schedule_at)`],
)

type ScheduleName = Pick<Schedule, 'merchantId' | 'scheduleId'>

export interface NewTime {
  readonly scheduleAtMs: number
  readonly nowMs: number
  /** The person who changes it; null: the merchant's own program. */
  readonly act: Act | null
}

/** Undefined when it is no longer scheduled. */
export async function moveSchedule(
  db: Queryable,
  { merchantId, scheduleId }: ScheduleName,
  { scheduleAtMs, nowMs, act }: NewTime,
): Promise<Schedule | undefined> {
  const values = [merchantId, scheduleId, instant(scheduleAtMs), instant(nowMs)]
  return change(db, moveStatements, values, act)
}

const reviveStatements = changeStatements(
  'reschedule',
  `update schedules s set
     state = 'scheduled', schedule_at = $3, due_at = $3, unsent_attempts = 0, imp_uid = null,
     executed_at = null, revoked_at = null, payment_status = null, fail_reason = null, updated_at = $4
   where merchant_id = $1 and schedule_id = $2 and ${claimCondition("'retry'", '$4')}
     and not exists (select from payments p
       where p.merchant_id = $1 and p.merchant_uid = s.merchant_uid and p.state <> 'failed'
         and p.give_back is null)`,
  ['reserved_anew', `jsonb_build_object('scheduleAt', schedule_at)`],
)

/**
 * Reserves a failed or revoked one anew. Undefined when it is neither, or when its merchant_uid was paid otherwise.
 * Violates `schedules_merchant_uid_taken` when another one has taken a revoked one's place.
 */
export async function reviveSchedule(
  db: Queryable,
  { merchantId, scheduleId }: ScheduleName,
  { scheduleAtMs, nowMs, act }: NewTime,
): Promise<Schedule | undefined> {
  const values = [merchantId, scheduleId, instant(scheduleAtMs), instant(nowMs)]
  return change(db, reviveStatements, values, act)
}

const revokeOneStatement = sql(
  'revoke_schedule_by_person',
  byPerson(
    `update schedules set state = 'revoked', revoked_at = $3, updated_at = $3
     where merchant_id = $1 and schedule_id = $2 and state = 'scheduled'`,
    'revoked',
    `jsonb_build_object('reason', $4::text)`,
  ),
)

/** Revokes one on a person's word. Undefined when it is no longer scheduled. */
export async function revokeSchedule(
  db: Queryable,
  { merchantId, scheduleId }: ScheduleName,
  {
    reason,
    nowMs,
    act,
  }: { readonly reason: string | null; readonly nowMs: number; readonly act: Act },
): Promise<Schedule | undefined> {
  const { eventId, actor, atMs } = act
  const values = [merchantId, scheduleId, instant(nowMs), reason, eventId, actor, instant(atMs)]
  return (await db.query<Schedule>(revokeOneStatement, values)).rows[0]
}

// After an attempt that broke for a reason of ours. It keeps its schedule_at; only the queue looks later.
const postponeStatement = sql(
  'postpone_schedule',
  `update schedules set due_at = $3, updated_at = $4
   where merchant_id = $1 and schedule_id = $2 and state = 'scheduled' and due_at <= $4`,
)

export async function postponeSchedule(
  db: Queryable,
  { merchantId, scheduleId }: ScheduleName,
  dueAtMs: number,
  nowMs: number,
): Promise<void> {
  const values = [merchantId, scheduleId, instant(dueAtMs), instant(nowMs)]
  await db.query(postponeStatement, values)
}

// $2 and $3 are what the shared parts expect: the payment and the instant.
const failStatement = sql(
  'fail_schedule_unsent',
  `with claimed as (
     update schedules set
       state = 'executed', imp_uid = $2, executed_at = $3, revoked_at = null, payment_status = 'failed',
       fail_reason = $9, updated_at = $3
     where merchant_id = $1 and schedule_id = $4 and ${claimCondition('$5', '$3')}
     returning *),
   settled as (
     insert into payments (
       merchant_id, imp_uid, merchant_uid, state, method, channel_key, pg_id, sandbox, amount, tax_free,
       vat_amount, card_quota, name, buyer_name, buyer_email, buyer_tel, buyer_addr, buyer_postcode,
       custom_data, notice_url, customer_uid, customer_uid_usage, failure, fail_reason, started_at,
       failed_at, updated_at)
     select merchant_id, $2, merchant_uid, 'failed', 'billing_key', $6, $7, $8, amount, tax_free,
       vat_amount, card_quota, name, buyer_name, buyer_email, buyer_tel, buyer_addr, buyer_postcode,
       custom_data, notice_url, customer_uid, 'payment.scheduled', 'unsent', $9, $3::timestamptz,
       $3::timestamptz, $3::timestamptz
     from claimed
     returning *),
   schedule as (select state from claimed),
   ${tellMerchant('$10', 'true')}
   select imp_uid from settled`,
)

export interface FailedAttempt {
  readonly impUid: string
  readonly channelKey: string
  readonly pgId: string
  readonly sandbox: boolean
  readonly failReason: string
  readonly webhookId: string
  readonly atMs: number
}

/**
 * Ends a schedule whose charge could not even be begun, with a failed payment and its event in the same commit.
 * False when it is no longer to be had.
 */
export async function failSchedule(
  db: Queryable,
  schedule: ScheduleName,
  by: ScheduleClaim['by'],
  attempt: FailedAttempt,
): Promise<boolean> {
  const { rowCount } = await db.query(failStatement, [
    schedule.merchantId,
    attempt.impUid,
    instant(attempt.atMs),
    schedule.scheduleId,
    by,
    attempt.channelKey,
    attempt.pgId,
    attempt.sandbox,
    attempt.failReason,
    attempt.webhookId,
  ])
  return rowCount === 1
}
