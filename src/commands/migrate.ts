// `billkey migrate`: brings the database's tables up to this version.

import { installationTrail } from '../audit/audit-event.ts'
import { recordAct } from '../audit/audit-events.store.ts'
import { openEverything } from '../compose/parts.ts'
import { migrate } from '../db/migrate.ts'
import { cliAct, type Command, isSandboxDirectory } from './command.ts'
import { print } from './terminal.ts'

export const migrateCommand: Command = {
  name: 'migrate',
  summary: "Bring the database's tables up to this version",
  help: `Usage: billkey migrate

Applies the migrations that are missing, each in a transaction of its own. Safe to run on several machines at
once. 'billkey serve' and 'billkey sandbox' do it when they start.

Example:
  DATABASE_URL=postgres://… billkey migrate`,
  async run(_, config) {
    const parts = await openEverything(config, {
      isSandbox: await isSandboxDirectory(config),
      migrates: false,
    })
    try {
      const { applied } = await migrate(parts.db)
      if (applied.length > 0) {
        const done = {
          action: 'database.migrated',
          subject: applied.at(-1) ?? '',
          detail: { applied },
        }
        await recordAct(parts.db, installationTrail, done, cliAct(parts))
      }
      for (const name of applied) print(`applied ${name}`)
      print(applied.length === 0 ? 'up to date' : `${applied.length} applied`)
    } finally {
      await parts.close()
    }
  },
}
