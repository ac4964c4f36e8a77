// What of a merchant is in which archive: the record that the database keeps of files.

import { type Act, auditEvent } from '../audit/audit-event.ts'
import { instant, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { MerchantTally } from './archive-records.ts'

const pageOfMerchantsStatement = sql(
  'list_merchants_to_archive',
  `select m.merchant_id as "merchantId", m.name from merchants m
   where m.merchant_id > $1 order by m.merchant_id limit $2`,
)

export interface ArchivedMerchant {
  readonly merchantId: MerchantId
  readonly name: string
}

/** All merchants after one, by number. */
export async function pageOfMerchants(
  db: Queryable,
  after: MerchantId,
  limit: number,
): Promise<ArchivedMerchant[]> {
  return (await db.query<ArchivedMerchant>(pageOfMerchantsStatement, [after, limit])).rows
}

// One row leaves one event: an archive that is on record already leaves none.
const insertStatement = sql(
  'insert_archive',
  `with written as (
     insert into archives (merchant_id, archive_id, before, written_at, file_name, file_bytes, file_digest, payments,
       exchanges, attempts)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (merchant_id, archive_id) do nothing
     returning *),
   ${auditEvent({
     from: 'written',
     eventId: '$11',
     actor: '$12',
     action: `'archive.written'`,
     subject: 'archive_id::text',
     detail: `jsonb_build_object('before', $13::text, 'fileName', file_name, 'fileBytes', file_bytes,
       'fileDigest', encode(file_digest, 'hex'), 'payments', payments, 'exchanges', exchanges, 'attempts', attempts)`,
     at: '$14',
   })}
   select archive_id from written`,
)

/** A file as it lies on disk, complete and proved. */
export interface ProvedFile {
  readonly archiveId: string
  readonly beforeMs: number
  readonly writtenAtMs: number
  readonly fileName: string
  readonly fileBytes: number
  readonly fileDigest: Buffer
}

/** Puts a merchant's part of a file on record and into its audit trail. Nothing happens when it is there already. */
export async function insertArchive(
  db: Queryable,
  file: ProvedFile,
  tally: MerchantTally,
  { eventId, actor, atMs }: Act,
): Promise<void> {
  const { archiveId, beforeMs, writtenAtMs, fileName, fileBytes, fileDigest } = file
  const { merchantId, payments, exchanges, attempts } = tally
  await db.query(insertStatement, [
    merchantId,
    archiveId,
    instant(beforeMs),
    instant(writtenAtMs),
    fileName,
    fileBytes,
    fileDigest,
    payments,
    exchanges,
    attempts,
    eventId,
    actor,
    instant(beforeMs),
    instant(atMs),
  ])
}

export interface KeptArchive extends ProvedFile {
  readonly merchantId: MerchantId
  readonly payments: number
  readonly exchanges: number
  readonly attempts: number
  /** Null: some of it may not have been thinned. */
  readonly thinnedAtMs: number | null
}

const columns = `merchant_id as "merchantId", archive_id as "archiveId", before as "beforeMs",
  written_at as "writtenAtMs", file_name as "fileName", file_bytes as "fileBytes", file_digest as "fileDigest",
  payments, exchanges, attempts, thinned_at as "thinnedAtMs"`

const listStatement = sql(
  'list_archives',
  `select ${columns} from archives where merchant_id = $1 order by written_at, archive_id`,
)

/** Oldest first. */
export async function listArchives(db: Queryable, owner: MerchantId): Promise<KeptArchive[]> {
  return (await db.query<KeptArchive>(listStatement, [owner])).rows
}

// All of the merchant's, so that of two commands with two files only one thins at a time: their batches might hold the
// same rows in another order, and wait for each other.
const lockStatement = sql(
  'lock_archives',
  `select archive_id from archives where merchant_id = $1 order by archive_id for update`,
)

/** Until the commit nobody else thins payments of this merchant. */
export async function lockArchives(db: Queryable, owner: MerchantId): Promise<void> {
  await db.query(lockStatement, [owner])
}

const endStatement = sql(
  'end_archive',
  `update archives set thinned_at = $3 where merchant_id = $1 and archive_id = $2 and thinned_at is null`,
)

/** All of the merchant's part has been gone through. */
export async function markThinned(
  db: Queryable,
  owner: MerchantId,
  archiveId: string,
  atMs: number,
): Promise<void> {
  await db.query(endStatement, [owner, archiveId, instant(atMs)])
}

const sizeStatement = sql(
  'size_of_bulk',
  `select pg_total_relation_size('exchanges') + pg_total_relation_size('webhook_attempts') as bytes`,
)

/** What exchanges and attempts of webhooks take on disk, indexes included. */
export async function sizeOfBulk(db: Queryable): Promise<number> {
  return (await db.query<{ bytes: number }>(sizeStatement)).rows[0]?.bytes ?? 0
}
