// The statements about merchants that are held after a restore.

import { auditEvent } from '../audit/audit-event.ts'
import { instant, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { RestoreHold } from './restore-hold.ts'

const holdStatement = sql(
  'hold_restored_merchants',
  `insert into restore_holds (merchant_id, restored_at, backup_id, snapshot_at)
   select merchant_id, $1, $2, $3 from merchants`,
)

/** Holds every merchant of a database that is being restored. Gives how many. */
export async function holdMerchants(
  db: Queryable,
  restored: {
    readonly backupId: string
    readonly snapshotAtMs: number
    readonly restoredAtMs: number
  },
): Promise<number> {
  const values = [instant(restored.restoredAtMs), restored.backupId, instant(restored.snapshotAtMs)]
  return (await db.query(holdStatement, values)).rowCount
}

// A restored database may be backed up and restored again while it is held: then the oldest snapshot counts.
const listHoldsStatement = sql(
  'list_open_holds',
  `select merchant_id as "merchantId", min(snapshot_at) as "snapshotAtMs", max(restored_at) as "restoredAtMs"
   from restore_holds where released_at is null group by merchant_id order by merchant_id`,
)

/** Of all merchants; there are none but after a restore. */
export async function listHolds(db: Queryable): Promise<RestoreHold[]> {
  return (await db.query<RestoreHold>(listHoldsStatement)).rows
}

// Schedules that were due when the backup was restored may have been charged before it.
const releaseStatement = sql(
  'release_hold',
  `with released as (
     update restore_holds set released_at = $2, released_by = $3, release_reason = $4
     where merchant_id = $1 and released_at is null
     returning merchant_id, restored_at),
   revoked as (
     update schedules s set state = 'revoked', revoked_at = $2, updated_at = $2
     where s.merchant_id = $1 and s.state = 'scheduled' and $5::boolean
       and s.due_at <= (select max(restored_at) from released)
     returning s.schedule_id),
   one as (select merchant_id from released limit 1),
   ${auditEvent({
     from: 'one',
     eventId: '$6',
     actor: '$3',
     action: `'restore.release'`,
     subject: 'merchant_id::text',
     detail: `jsonb_build_object('reason', $4::text, 'reconciled', $7::boolean,
       'revoked', (select count(*) from revoked))`,
     at: '$2',
   })}
   select (select count(*) from released) as released, (select count(*) from revoked) as revoked`,
)

export interface Release {
  readonly merchantId: MerchantId
  readonly actor: string
  readonly reason: string
  /** The daily files have told what happened since the snapshot; else the operator says so. */
  readonly isReconciled: boolean
  /** Schedules that were due at the restore are not charged but left to the merchant. */
  readonly revokesOverdue: boolean
}

/** Lets money move again. Gives how many schedules it revoked; undefined when it was not held. */
export async function releaseHold(
  db: Queryable,
  { merchantId, actor, reason, isReconciled, revokesOverdue }: Release,
  { atMs, eventId }: { readonly atMs: number; readonly eventId: string },
): Promise<number | undefined> {
  const values = [merchantId, instant(atMs), actor, reason, revokesOverdue, eventId, isReconciled]
  const { rows } = await db.query<{ released: number; revoked: number }>(releaseStatement, values)
  const [done] = rows
  return done === undefined || done.released === 0 ? undefined : done.revoked
}

const countOverdueStatement = sql(
  'count_overdue_schedules',
  `select count(*) as count from schedules where merchant_id = $1 and state = 'scheduled' and due_at <= $2`,
)

/** Schedules that may have been charged before the restore, or would have been during it. */
export async function countOverdue(
  db: Queryable,
  owner: MerchantId,
  atMs: number,
): Promise<number> {
  const { rows } = await db.query<{ count: number }>(countOverdueStatement, [owner, instant(atMs)])
  return rows[0]?.count ?? 0
}
