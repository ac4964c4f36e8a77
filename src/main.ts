// argv → command. Nothing else happens here: each command is a file in commands/.

import type { Command } from './commands/command.ts'
import { print, printError } from './commands/terminal.ts'
import { readConfig, secretNames } from './config.ts'
import { StartupError } from './primitives/startup-error.ts'
import { takeSecrets } from './secret-settings.ts'
import { reportCrashes } from './telemetry/crash-report.ts'
import { errorText } from './telemetry/describe-error.ts'
import { scrubCrash, scrubText } from './telemetry/scrub-text.ts'

/** Each is loaded when it is wanted: most of a start is loading, and no command needs what only another one uses. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  sandbox: async () => (await import('./commands/sandbox.ts')).sandboxCommand,
  serve: async () => (await import('./commands/serve.ts')).serveCommand,
  migrate: async () => (await import('./commands/migrate.ts')).migrateCommand,
  merchant: async () => (await import('./commands/merchant.ts')).merchantCommand,
  channel: async () => (await import('./commands/channel.ts')).channelCommand,
  operator: async () => (await import('./commands/operator.ts')).operatorCommand,
  token: async () => (await import('./commands/token.ts')).tokenCommand,
  payment: async () => (await import('./commands/payment.ts')).paymentCommand,
  discrepancy: async () => (await import('./commands/discrepancy.ts')).discrepancyCommand,
  reconcile: async () => (await import('./commands/reconcile.ts')).reconcileCommand,
  clock: async () => (await import('./commands/clock.ts')).clockCommand,
  queue: async () => (await import('./commands/queue.ts')).queueCommand,
  webhooks: async () => (await import('./commands/webhooks.ts')).webhooksCommand,
  keys: async () => (await import('./commands/keys.ts')).keysCommand,
  audit: async () => (await import('./commands/audit.ts')).auditCommand,
  backup: async () => (await import('./commands/backup.ts')).backupCommand,
  restore: async () => (await import('./commands/restore.ts')).restoreCommand,
  archive: async () => (await import('./commands/archive.ts')).archiveCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
}

/** Runs a command line; sets the exit code. Never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  reportCrashes()
  const [name, ...rest] = argv
  if (name === undefined || name === '--help' || name === 'help') {
    await overview().then(print, report)
    return
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (load === undefined) {
    printError(`billkey: there is no command '${name}': see 'billkey --help'`)
    process.exitCode = 2
    return
  }
  try {
    const command = await load()
    if (rest.includes('--help') || rest.includes('-h')) {
      print(command.help)
      return
    }
    const { environment, warnings } = await takeSecrets(process.env, secretNames)
    for (const warning of warnings) printError(`billkey: ${warning}`)
    await command.run(rest, readConfig(environment))
  } catch (error) {
    report(error)
  }
}

// What the operator can mend is one line; anything else is a bug and shows where it happened.
function report(error: unknown): void {
  process.exitCode = 1
  if (error instanceof StartupError) {
    // Some of these quote what another program said.
    printError(`billkey: ${scrubText(error.message)}`)
    return
  }
  if (isBadArgument(error)) {
    printError(`billkey: ${error.message}`)
    process.exitCode = 2
    return
  }
  printError(scrubCrash(errorText(error)))
}

function isBadArgument(error: unknown): error is Error {
  const code = (error as { code?: unknown } | null)?.code
  return error instanceof Error && typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS')
}

async function overview(): Promise<string> {
  const all = await Promise.all(Object.values(commands).map((load) => load()))
  const width = Math.max(...all.map(({ name }) => name.length))
  const rows = all.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
  return [
    'billkey: card subscriptions in Korea, self-hosted.',
    '',
    'Usage: billkey <command> [options]',
    '',
    ...rows,
    '',
    "Each command explains itself: 'billkey <command> --help'. Settings: docs/config.md.",
  ].join('\n')
}
