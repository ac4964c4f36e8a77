// What the frames of a backup hold once they are opened and unpacked: records, one after another.
//
//   kind, 1 byte | length, uint32 | JSON, or a piece of a table as COPY writes it       (big-endian)

import type { AppliedMigration } from '../db/migrate.ts'
import type { ReadBytes } from './sealed-frames.ts'
import { damaged } from './backup-unusable.ts'

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
const headBytes = 5
/** A piece of a table is what the server sent at once. */
const bodyBytesMax = 1024 * 1024 * 1024

export function writeRecord({ kind, body }: BackupRecord): Buffer {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body), 'utf8')
  const head = Buffer.alloc(headBytes)
  head.writeUInt8(kinds.indexOf(kind), 0)
  head.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}

/** Up to the last record; throws `BackupUnusable` where the stream ends before it or goes on after it. */
export async function* readRecords(read: ReadBytes): AsyncGenerator<BackupRecord> {
  for (;;) {
    const head = await read(headBytes)
    if (head?.length !== headBytes) throw damaged()
    const kind = kinds[head.readUInt8(0)]
    const length = head.readUInt32BE(1)
    if (kind === undefined || length > bodyBytesMax) throw damaged()
    const body = length === 0 ? Buffer.alloc(0) : await read(length)
    if (body?.length !== length) throw damaged()
    // Its frame was authentic, so the body is what was written.
    const record = kind === 'data' ? body : (JSON.parse(body.toString('utf8')) as unknown)
    yield { kind, body: record } as BackupRecord
    if (kind !== 'end') continue
    if ((await read(1)) !== null) throw damaged()
    return
  }
}
