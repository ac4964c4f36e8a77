// The record of backups that were made, for `billkey doctor`. Of the whole installation, not of a merchant.

import { instant, type Queryable, sql } from '../db/database.ts'

export interface BackupRecordOfDatabase {
  readonly backupId: string
  readonly snapshotAtMs: number
  readonly finishedAtMs: number
  readonly fileName: string | null
  readonly bytes: number
  readonly rows: number
  readonly verifiedAtMs: number | null
}

const insertStatement = sql(
  'insert_backup',
  `insert into backups (backup_id, snapshot_at, finished_at, file_name, bytes, row_count, verified_at)
   values ($1, $2, $3, $4, $5, $6, $7)`,
)

export async function insertBackup(db: Queryable, made: BackupRecordOfDatabase): Promise<void> {
  await db.query(insertStatement, [
    made.backupId,
    instant(made.snapshotAtMs),
    instant(made.finishedAtMs),
    made.fileName,
    made.bytes,
    made.rows,
    made.verifiedAtMs === null ? null : instant(made.verifiedAtMs),
  ])
}

const verifyStatement = sql(
  'mark_backup_verified',
  `update backups set verified_at = greatest(verified_at, $2) where backup_id = $1`,
)

/** False when this database does not know of that backup. */
export async function markVerified(
  db: Queryable,
  backupId: string,
  atMs: number,
): Promise<boolean> {
  return (await db.query(verifyStatement, [backupId, instant(atMs)])).rowCount === 1
}

const latestStatement = sql(
  'find_latest_backups',
  `select max(snapshot_at) as "madeAtMs", max(snapshot_at) filter (where verified_at is not null) as "verifiedOfMs"
   from backups`,
)

export interface LatestBackups {
  /** The snapshot of the newest; null: there is none. */
  readonly madeAtMs: number | null
  /** The snapshot of the newest that was restored once, and compared. */
  readonly verifiedOfMs: number | null
}

export async function findLatestBackups(db: Queryable): Promise<LatestBackups> {
  const { rows } = await db.query<LatestBackups>(latestStatement)
  return rows[0] ?? { madeAtMs: null, verifiedOfMs: null }
}
