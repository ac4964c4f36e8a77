// The other programs of a sandbox, PostgreSQL and the simulator, while they start.

import { join } from 'node:path'

import { findDatabase, type FoundDatabase } from '../compose/find-database.ts'
import type { Config } from '../config.ts'
import type { StorageLog } from '../db/storage-log.ts'
import type { SandboxSeed } from './sandbox-seed.ts'
import { type SimulatorProcess, startSimulatorProcess } from './simulator-process.ts'

export interface SandboxPrograms {
  readonly database: Promise<FoundDatabase>
  readonly simulator: Promise<SimulatorProcess>
  /** Ends what has come up, once it is up. */
  stop(): Promise<void>
}

export interface SandboxPlace {
  readonly dataDir: string
  readonly log: StorageLog
  readonly seed: SandboxSeed | undefined
}

/** Resolves when both have begun to start; rejects where the data directory is not ours to use. */
export async function startSandboxPrograms(
  config: Config,
  { dataDir, log, seed }: SandboxPlace,
): Promise<SandboxPrograms> {
  const launched = Promise.withResolvers<void>()
  const onLaunch = () => launched.resolve()
  const database = findDatabase(config, dataDir, { log, mayJoin: false, onLaunch })
  // The simulator cuts a torn line off its ledger, which it must not do to one that another sandbox writes.
  await Promise.race([launched.promise, database])
  const simulator = startSimulatorProcess({
    port: config.simulatorPort,
    ledgerFile: join(dataDir, 'simulator-ledger.ndjson'),
    seed: seed?.simulatorSeed,
  })
  // Whoever waits for them is told how they failed. Until somebody does, it must not end the process.
  for (const program of [database, simulator]) program.catch(() => undefined)
  return {
    database,
    simulator,
    async stop() {
      for (const program of await Promise.allSettled([simulator, database])) {
        if (program.status === 'fulfilled') await program.value.stop()
      }
    },
  }
}
