// Backups in memory, and a second billkey on what was restored from one: with the first one's gateway, keys and
// merchant, as after the loss of a database.

import { Writable } from 'node:stream'

import { restoreBackup, type Restored } from '../../src/backup/restore-backup.ts'
import { type BackupSummary, writeBackup } from '../../src/backup/write-backup.ts'
import { sealedColumns } from '../../src/commands/keys.ts'
import { openEverything, type Parts } from '../../src/compose/parts.ts'
import { type Role, type Server, startServer } from '../../src/compose/server.ts'
import { Secret } from '../../src/primitives/secret.ts'
import { callV1, type TestApp, type TestMerchant } from '../support/app.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

export interface MadeBackup extends BackupSummary {
  readonly bytesOfFile: Buffer
}

type Backable = Pick<Parts, 'db' | 'databaseAddress' | 'masterKeys' | 'clock' | 'ids'>

export async function backUp(parts: Backable, isEncrypted = true): Promise<MadeBackup> {
  const chunks: Buffer[] = []
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(chunk)
      done()
    },
  })
  const made = await writeBackup({ ...parts, version: '0.0.0' }, sink, {
    isEncrypted,
    signal: new AbortController().signal,
    onTable: () => undefined,
  })
  return { ...made, bytesOfFile: Buffer.concat(chunks) }
}

export async function* inPieces(bytes: Buffer, piece = 10_007): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece)
}

const quiet = { onTable: () => undefined, onStep: () => undefined }

export function restoreInto(
  target: Pick<TestDatabase, 'connectionString'>,
  parts: Pick<Parts, 'masterKeys' | 'clock'>,
  bytes: Buffer,
): Promise<Restored> {
  const databaseAddress = new Secret(target.connectionString)
  return restoreBackup({ ...parts, databaseAddress, sealedColumns }, inPieces(bytes), quiet)
}

export interface RestoredApp {
  readonly parts: Parts
  readonly server: Server
  /** The first app's merchant, asking this one. */
  readonly merchant: Pick<TestMerchant, 'call'>
  close(): Promise<void>
}

/** Restores into a database of its own. The first app's server should have ended. */
export async function startRestored(app: TestApp, bytes: Buffer, role: Role): Promise<RestoredApp> {
  const database = await createTestDatabase({ schema: 'empty' })
  await restoreInto(database, app.parts, bytes)
  const config = { ...app.parts.config, databaseUrl: new Secret(database.connectionString) }
  const { log } = app.parts
  const parts = await openEverything(config, { isSandbox: true, log, migrates: false })
  const server = await startServer(parts, role)
  const { impKey: imp_key, impSecret: imp_secret } = app.merchant
  let token: Promise<string> | undefined
  return {
    parts,
    server,
    merchant: {
      async call(method, path, body, headers = {}) {
        token ??= callV1(server.url, 'POST', '/users/getToken', {
          body: { imp_key, imp_secret },
        }).then((reply) => (reply.body.response as { access_token: string }).access_token)
        const authorization = await token
        return callV1(server.url, method, path, { body, headers: { authorization, ...headers } })
      },
    },
    async close() {
      await server.stop()
      await parts.close()
      await database.drop()
    },
  }
}
