// A process that rotates, for tests that kill it. Says one JSON line per progress report. Takes the
// connection string, the current and the previous master key as arguments. Used by tests only.

import { systemClock } from '../primitives/clock.ts'
import { rotateKeys } from './rotate-keys.ts'
import { connect, masterKeysFrom, sealedColumns } from './vault-under-test.ts'

const [connectionString = '', current = '', previous = '', startedAtMs = ''] = process.argv.slice(2)

const database = connect(connectionString)
await rotateKeys({
  database,
  masterKeys: await masterKeysFrom(current, previous),
  clock: systemClock,
  columns: sealedColumns,
  newDataKeys: true,
  startedAtMs: Number(startedAtMs),
  onProgress: (progress) => void process.stdout.write(`${JSON.stringify(progress)}\n`),
  signal: new AbortController().signal,
})
await database.close()
