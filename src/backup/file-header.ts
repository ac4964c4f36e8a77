// The first line of a backup or an archive, in clear: what the file is, and which master key its own key is wrapped under.

import { randomBytes } from 'node:crypto'

import { Secret } from '../primitives/secret.ts'
import { merchantId } from '../primitives/ids.ts'
import { MasterKeyUnknown } from '../vault/data-keys.ts'
import { type DataKey, keyBytes, nonceBytes, openBytes, sealBytes } from '../vault/envelope.ts'
import type { MasterKeys } from '../vault/master-key.ts'
import { FileUnusable } from './file-unusable.ts'

export type FileKind = 'backup' | 'archive'

/** How the line says what it is: a member with the version of the format, and one with the file's id. */
const marks = {
  backup: { format: 'billkeyBackup', id: 'backupId', purpose: 'backup_key' },
  archive: { format: 'billkeyArchive', id: 'archiveId', purpose: 'archive_key' },
} as const

/** Of both kinds; a reader refuses any other. */
const formatVersion = 1

export interface NewHeader {
  readonly kind: FileKind
  readonly fileId: string
  readonly createdAt: string
  /** The program that wrote it. */
  readonly version: string
}

export interface FileHeader extends NewHeader {
  /** The file's key is wrapped under it. Null: it stands there in clear, and so does all that the file holds. */
  readonly masterKeyId: string | null
  readonly key: string
}

/** Longer than any header. */
export const headerBytesMax = 4_096

/** A first line with a key of its own, and that key. Not encrypted: whoever has the file has the key, which then only
 * shows damage. */
export function makeHeader(
  about: NewHeader,
  masterKeys: Pick<MasterKeys, 'current'>,
  { isEncrypted }: { readonly isEncrypted: boolean },
): { readonly line: Buffer; readonly fileKey: Secret<Buffer> } {
  const { kind, fileId, createdAt, version } = about
  const fileKey = randomBytes(keyBytes)
  const { id, wrappingKey } = masterKeys.current
  const written = isEncrypted
    ? sealBytes(wrapping(wrappingKey), placeOf(about), fileKey, randomBytes(nonceBytes))
    : fileKey
  const members = {
    [marks[kind].format]: formatVersion,
    [marks[kind].id]: fileId,
    createdAt,
    version,
    masterKeyId: isEncrypted ? id : null,
    key: written.toString('base64'),
  }
  return { line: Buffer.from(`${JSON.stringify(members)}\n`), fileKey: new Secret(fileKey) }
}

/** Throws `FileUnusable`, or `MasterKeyUnknown` when the master key is not among those given. */
export function openHeader(
  kind: FileKind,
  line: string,
  masterKeys: Pick<MasterKeys, 'find'>,
): { readonly header: FileHeader; readonly fileKey: Secret<Buffer> } {
  const header = parseHeader(kind, line)
  const written = Buffer.from(header.key, 'base64')
  if (header.masterKeyId === null) return { header, fileKey: new Secret(written) }
  const masterKey = masterKeys.find(header.masterKeyId)
  if (masterKey === undefined) throw new MasterKeyUnknown(header.masterKeyId, `this ${kind}`)
  try {
    const fileKey = openBytes(wrapping(masterKey.wrappingKey), placeOf(header), written)
    return { header, fileKey: new Secret(fileKey) }
  } catch {
    throw new FileUnusable('its first line was altered')
  }
}

/** It begins as no file of that kind does. */
export function notOfKind(kind: FileKind): FileUnusable {
  return new FileUnusable(`it is no ${kind} of billkey`)
}

function parseHeader(kind: FileKind, line: string): FileHeader {
  let members: Record<string, unknown> | null
  try {
    members = JSON.parse(line) as Record<string, unknown> | null
  } catch {
    members = null
  }
  const format = members?.[marks[kind].format]
  if (members === null || typeof format !== 'number') throw notOfKind(kind)
  const { createdAt, version, masterKeyId, key } = members
  if (format !== formatVersion) {
    const writer = typeof version === 'string' ? version : 'of its time'
    throw new FileUnusable(`its format ${format} is not known here: use billkey ${writer}`)
  }
  const fileId = members[marks[kind].id]
  const isWhole =
    [fileId, createdAt, version, key].every((part) => typeof part === 'string') &&
    (masterKeyId === null || typeof masterKeyId === 'string')
  if (!isWhole) throw new FileUnusable('its first line was altered')
  return { kind, fileId, createdAt, version, masterKeyId, key } as FileHeader
}

function wrapping(wrappingKey: Secret<Buffer>): DataKey {
  return { version: 1, key: wrappingKey }
}

// No merchant's number is 0.
function placeOf({ kind, fileId }: Pick<NewHeader, 'kind' | 'fileId'>) {
  return { merchantId: merchantId(0), purpose: marks[kind].purpose, rowName: fileId }
}
