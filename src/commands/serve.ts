// `billkey serve`: the server, for production. Needs a master key; uses DATABASE_URL.

import { parseArgs } from 'node:util'

import { warnWithoutPages } from '../compose/console.ts'
import { openEverything } from '../compose/parts.ts'
import { type Role, startServer } from '../compose/server.ts'
import { StartupError } from '../primitives/startup-error.ts'
import type { Command } from './command.ts'
import { onStopSignal } from './stop-signal.ts'

export const serveCommand: Command = {
  name: 'serve',
  summary: 'Run the API, the workers, or both',
  help: `Usage: billkey serve [--role all|api|worker]

Runs against DATABASE_URL (or the embedded PostgreSQL when it is not set), with BILLKEY_MASTER_KEY. Any number
of processes may run side by side on one DATABASE_URL. SIGTERM: /readyz says 503 for BILLKEY_DRAIN_DELAY_MS, then no
new requests are taken, what has begun is finished and answered, then it ends. A second one ends it at once.

Example:
  DATABASE_URL=postgres://… BILLKEY_MASTER_KEY_FILE=/run/secrets/master billkey serve --role api`,
  async run(args, config) {
    const { values } = parseArgs({
      args: [...args],
      options: { role: { type: 'string', default: 'all' } },
    })
    const roles: readonly Role[] = ['all', 'api', 'worker']
    const role = roles.find((candidate) => candidate === values.role)
    if (role === undefined)
      throw new StartupError('bad_option', `--role takes one of ${roles.join(', ')}`)
    const parts = await openEverything(config, { isSandbox: false, isServer: true })
    try {
      if (config.console && role !== 'worker') await warnWithoutPages(parts)
      const server = await startServer(parts, role)
      parts.log.info({ url: server.url, role, database: parts.databaseSource }, 'billkey serves')
      const ending = await Promise.race([onStopSignal(), parts.databaseEnded, server.outdated])
      parts.log.info({ ending }, 'stopping')
      if (ending === 'database' || ending === 'a newer schema') process.exitCode = 1
      await server.stop()
    } finally {
      await parts.close()
    }
  },
}
