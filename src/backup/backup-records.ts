// What the frames of a backup hold once they are opened and unpacked: records, one after another. Of JSON, or a piece of
// a table as COPY writes it.

import type { AppliedMigration } from '../db/migrate.ts'
import type { ReadBytes } from './sealed-frames.ts'
import { damaged } from './file-unusable.ts'
import { readRawRecord, writeRawRecord } from './raw-records.ts'

/** The first record. */
export interface Manifest {
  readonly snapshotAt: string
  /** Its last one is the schema's version. */
  readonly migrations: readonly AppliedMigration[]
  /** Every master key that some data key is wrapped under. */
  readonly masterKeyIds: readonly string[]
  readonly tables: readonly string[]
}

export interface TableStart {
  readonly table: string
  readonly columns: readonly string[]
}

export interface TableEnd {
  readonly table: string
  readonly rows: number
  readonly digest: string
}

/** The last record: without it nothing is whole. */
export interface BackupEnd {
  readonly rows: number
  /** How far generated numbers had come, by `table.column`. */
  readonly identities: Readonly<Record<string, number>>
}

export type BackupRecord =
  | { readonly kind: 'manifest'; readonly body: Manifest }
  | { readonly kind: 'table'; readonly body: TableStart }
  | { readonly kind: 'data'; readonly body: Buffer }
  | { readonly kind: 'table_end'; readonly body: TableEnd }
  | { readonly kind: 'end'; readonly body: BackupEnd }

const kinds = [
  'manifest',
  'table',
  'data',
  'table_end',
  'end',
] as const satisfies readonly BackupRecord['kind'][]

export function writeRecord({ kind, body }: BackupRecord): Buffer {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body), 'utf8')
  return writeRawRecord(kinds.indexOf(kind), bytes)
}

/** Up to the last record; throws `FileUnusable` where the stream ends before it or goes on after it. */
export async function* readRecords(read: ReadBytes): AsyncGenerator<BackupRecord> {
  for (;;) {
    const { kindNumber, bytes } = await readRawRecord(read)
    const kind = kinds[kindNumber]
    if (kind === undefined) throw damaged()
    // Its frame was authentic, so the body is what was written.
    const body = kind === 'data' ? bytes : (JSON.parse(bytes.toString('utf8')) as unknown)
    yield { kind, body } as BackupRecord
    if (kind !== 'end') continue
    if ((await read(1)) !== null) throw damaged()
    return
  }
}
