// A process that owns an embedded server, for tests that kill it. Says one JSON line when the server
// is up or has been refused. Ends on SIGTERM; on SIGINT it first proves that the server still answers.

import { adHocSql, openDatabase } from './database.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { DataDirectoryInUse, DatabaseStartupError } from './startup-error.ts'
import { silentLog } from './storage-log.ts'

export type OwnerSays =
  | { readonly kind: 'up'; readonly location: string; readonly connectionString: string }
  | {
      readonly kind: 'refused'
      readonly code: string
      readonly message: string
      readonly ownerPid: number | null
    }
  | { readonly kind: 'interrupted'; readonly answer: unknown }

function say(line: OwnerSays): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

async function main(dataDir: string): Promise<void> {
  const server = await startEmbeddedPostgres({ dataDir, log: silentLog })
  const { connectionString } = server
  process.once('SIGTERM', () => void server.stop())
  process.once('SIGINT', () => {
    void answerOnce().then(() => server.stop())
  })
  async function answerOnce(): Promise<void> {
    const applicationName = 'owner-under-test'
    const database = openDatabase({
      connectionString,
      poolSize: 1,
      applicationName,
      log: silentLog,
    })
    const { rows } = await database.query(adHocSql('select 1 as answer'))
    await database.close()
    say({ kind: 'interrupted', answer: rows[0]?.['answer'] })
  }
  // The server alone keeps no process alive; a program has its own reasons to stay.
  const reason = setInterval(() => undefined, 60_000)
  void server.exited.then(() => clearInterval(reason))
  say({ kind: 'up', location: server.location, connectionString: connectionString.reveal() })
}

try {
  await main(process.argv[2] ?? '')
} catch (error) {
  if (!(error instanceof DatabaseStartupError)) throw error
  const ownerPid = error instanceof DataDirectoryInUse ? error.pid : null
  say({ kind: 'refused', code: error.code, message: error.message, ownerPid })
}
