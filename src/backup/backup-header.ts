// The first line of a backup, in clear: what the file is, and which master key its own key is wrapped under.

import { randomBytes } from 'node:crypto'

import { Secret } from '../primitives/secret.ts'
import { merchantId } from '../primitives/ids.ts'
import { MasterKeyUnknown } from '../vault/data-keys.ts'
import { type DataKey, keyBytes, nonceBytes, openBytes, sealBytes } from '../vault/envelope.ts'
import type { MasterKeys } from '../vault/master-key.ts'
import { BackupUnusable } from './backup-unusable.ts'

/** Of the file; a reader refuses any other. */
const formatVersion = 1

export interface BackupHeader {
  readonly billkeyBackup: number
  readonly backupId: string
  readonly createdAt: string
  /** The program that wrote it. */
  readonly version: string
  /** `masterKeyId`: the file's key is wrapped under it. Null: it stands there in clear, and so do the books. */
  readonly masterKeyId: string | null
  readonly key: string
}

export type NewHeader = Pick<BackupHeader, 'backupId' | 'createdAt' | 'version'>

/** Longer than any header. */
export const headerBytesMax = 4_096

/** A header with a key of its own, and that key. Not encrypted: whoever has the file has the key, which then only
 * shows damage. */
export function makeHeader(
  about: NewHeader,
  masterKeys: Pick<MasterKeys, 'current'>,
  { isEncrypted }: { readonly isEncrypted: boolean },
): { readonly header: BackupHeader; readonly fileKey: Secret<Buffer> } {
  const fileKey = randomBytes(keyBytes)
  const { id, wrappingKey } = masterKeys.current
  const written = isEncrypted
    ? sealBytes(wrapping(wrappingKey), placeOf(about.backupId), fileKey, randomBytes(nonceBytes))
    : fileKey
  const header = {
    billkeyBackup: formatVersion,
    ...about,
    masterKeyId: isEncrypted ? id : null,
    key: written.toString('base64'),
  }
  return { header, fileKey: new Secret(fileKey) }
}

/** Throws `BackupUnusable`, or `MasterKeyUnknown` when the master key is not among those given. */
export function openHeader(
  line: string,
  masterKeys: Pick<MasterKeys, 'find'>,
): { readonly header: BackupHeader; readonly fileKey: Secret<Buffer> } {
  const header = parseHeader(line)
  const written = Buffer.from(header.key, 'base64')
  if (header.masterKeyId === null) return { header, fileKey: new Secret(written) }
  const masterKey = masterKeys.find(header.masterKeyId)
  if (masterKey === undefined) throw new MasterKeyUnknown(header.masterKeyId, 'this backup')
  try {
    const fileKey = openBytes(wrapping(masterKey.wrappingKey), placeOf(header.backupId), written)
    return { header, fileKey: new Secret(fileKey) }
  } catch {
    throw new BackupUnusable('its first line was altered')
  }
}

function parseHeader(line: string): BackupHeader {
  let header: Partial<BackupHeader> | null
  try {
    header = JSON.parse(line) as Partial<BackupHeader> | null
  } catch {
    header = null
  }
  if (typeof header?.billkeyBackup !== 'number')
    throw new BackupUnusable('it is no backup of billkey')
  if (header.billkeyBackup !== formatVersion) {
    throw new BackupUnusable(
      `its format ${header.billkeyBackup} is not known here: use billkey ${header.version ?? 'of its time'}`,
    )
  }
  const { backupId, createdAt, version, masterKeyId, key } = header
  const isWhole =
    [backupId, createdAt, version, key].every((part) => typeof part === 'string') &&
    (masterKeyId === null || typeof masterKeyId === 'string')
  if (!isWhole) throw new BackupUnusable('its first line was altered')
  return header as BackupHeader
}

function wrapping(wrappingKey: Secret<Buffer>): DataKey {
  return { version: 1, key: wrappingKey }
}

// No merchant's number is 0.
function placeOf(backupId: string) {
  return { merchantId: merchantId(0), purpose: 'backup_key', rowName: backupId }
}
