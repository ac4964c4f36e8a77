// `billkey sandbox` (npm start): everything in one process tree, ready to try. A real PostgreSQL, a real HTTP
// exchange with the PAYJOA simulator, and the guide's commands to paste. This file imports little: PostgreSQL and the
// simulator take their time to start, and the rest of the program is loaded meanwhile.

import { access, constants, mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { StartupError } from '../primitives/startup-error.ts'
import { createLogFile } from '../telemetry/log-file.ts'
import type { Command } from './command.ts'
import { startSandboxPrograms } from './sandbox-programs.ts'
import { prepareSeed } from './sandbox-seed.ts'
import { onStopSignal } from './stop-signal.ts'

export const sandboxCommand: Command = {
  name: 'sandbox',
  summary: 'Run everything on this machine: database, PAYJOA simulator, API (npm start)',
  help: `Usage: billkey sandbox        (npm start)

Starts the embedded PostgreSQL, the PAYJOA simulator, the V1 API and the console, and prints the API key, a login for
the console and the guide's curl commands. Data is kept in BILLKEY_DATA_DIR (./.billkey) for the next start. Ctrl-C stops all of it. The test
cards are in docs/simulator.md.

Examples:
  npm start
  BILLKEY_PORT=9000 BILLKEY_SIMULATOR_PORT=9001 npm start
  BILLKEY_IMP_KEY=my-key BILLKEY_IMP_SECRET=my-secret npm start`,
  async run(args, config) {
    parseArgs({ args: [...args], options: {} })
    const stopSignal = onStopSignal()
    const dataDir = resolve(config.dataDir)
    await makeDataDirectory(dataDir)
    const seed = await prepareSeed(config.seed, dataDir)
    // The terminal belongs to the curl commands; the log goes to a file.
    const log = createLogFile(config.logLevel, join(dataDir, 'billkey.log'))
    const programs = await startSandboxPrograms(config, { dataDir, log, seed })
    try {
      const { runSandbox } = await import('./run-sandbox.ts')
      await runSandbox(config, programs, { dataDir, log, seed, stopSignal })
    } finally {
      await programs.stop()
    }
  },
}

// The logger opens its file later and by itself, where a refusal could no longer be told in one line.
async function makeDataDirectory(dataDir: string): Promise<void> {
  const log = join(dataDir, 'billkey.log')
  try {
    // Private is only the directory itself: through its parents PostgreSQL's user must pass.
    await mkdir(dirname(dataDir), { recursive: true })
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    await access(dataDir, constants.W_OK | constants.X_OK)
    await access(log, constants.W_OK).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  } catch (error) {
    const { code, path = dataDir } = error as NodeJS.ErrnoException
    throw new StartupError(
      'no_write_permission',
      `cannot write ${path} (${code}): make it a directory that this user may write, or choose another BILLKEY_DATA_DIR`,
      { cause: error },
    )
  }
}
