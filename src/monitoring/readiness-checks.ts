// What must hold for a process to do its work: each check is one thing that an operator can mend.

import { type Database, sql } from '../db/database.ts'
import { examineSchema, type Migration } from '../db/migrate.ts'
import { DatabaseReadOnly } from '../db/pg-errors.ts'
import type { EventLoopWatch } from '../telemetry/event-loop.ts'
import { checkMasterKeys, MasterKeyUnknown } from '../vault/data-keys.ts'
import type { MasterKeys } from '../vault/master-key.ts'
import type { Pulse } from '../work/pulse.ts'
import type { ReadinessCheck, Verdict } from './readiness.ts'

export interface CheckedParts {
  readonly db: Database
  readonly masterKeys: MasterKeys
  /** Those this binary came with. */
  readonly migrations: () => Promise<readonly Migration[]>
  readonly eventLoop: EventLoopWatch
  readonly pulse: Pulse
  /** The process was told to stop. */
  readonly isDraining: () => boolean
}

const good: Verdict = { isGood: true }
const bad = (reason: string): Verdict => ({ isGood: false, reason })

export function readinessChecks(parts: CheckedParts): readonly ReadinessCheck[] {
  return [
    { name: 'database', everyMs: 1_000, run: () => checkDatabase(parts.db) },
    { name: 'schema', everyMs: 2_000, run: () => checkSchema(parts) },
    { name: 'vault', everyMs: 60_000, run: () => checkVault(parts.db, parts.masterKeys) },
    { name: 'pool', everyMs: 0, run: () => checkPool(parts.db) },
    { name: 'event_loop', everyMs: 0, run: () => checkEventLoop(parts.eventLoop) },
    { name: 'workers', everyMs: 0, run: () => checkWorkers(parts) },
    { name: 'draining', everyMs: 0, run: () => checkDraining(parts) },
  ]
}

const writableStatement = sql(
  'is_database_writable',
  `select not pg_is_in_recovery() and not current_setting('transaction_read_only')::boolean as "isWritable"`,
)

async function checkDatabase(db: Database): Promise<Verdict> {
  try {
    const [row] = (await db.query<{ isWritable: boolean }>(writableStatement)).rows
    if (row?.isWritable === true) return good
  } catch (error) {
    if (!(error instanceof DatabaseReadOnly)) throw error
  }
  return bad('it can only be read')
}

const schemaFaults = {
  behind: "it lacks migrations: run 'billkey migrate'",
  newer: 'it has migrations that this billkey does not know',
  changed: 'a migration that was applied differs from the one this billkey came with',
} as const

async function checkSchema({ db, migrations }: CheckedParts): Promise<Verdict> {
  const found = await examineSchema(db, await migrations())
  return found === 'fits' ? good : bad(schemaFaults[found])
}

async function checkVault(db: Database, masterKeys: MasterKeys): Promise<Verdict> {
  try {
    await checkMasterKeys(db, masterKeys)
    return good
  } catch (error) {
    if (error instanceof MasterKeyUnknown) return bad('the data need another master key')
    throw error
  }
}

/** Whoever waits as long as this for a connection is about to fail; a rush of calls waits for milliseconds. */
const poolWaitMaxMs = 2_000

function checkPool(db: Database): Verdict {
  return db.poolState().longestWaitMs < poolWaitMaxMs ? good : bad('no connection is free')
}

const lagMaxMs = 5_000

function checkEventLoop(eventLoop: EventLoopWatch): Verdict {
  return eventLoop.longestMs() < lagMaxMs ? good : bad('it was held up for seconds')
}

// Whoever stops makes no more rounds, and should not.
function checkWorkers({ pulse, isDraining }: CheckedParts): Verdict {
  if (isDraining()) return good
  const stalled = pulse.beats().filter(({ isStalled }) => isStalled)
  if (stalled.length === 0) return good
  return bad(`no good round of late: ${stalled.map(({ name }) => name).join(', ')}`)
}

function checkDraining({ isDraining }: CheckedParts): Verdict {
  return isDraining() ? bad('it is being stopped') : good
}
