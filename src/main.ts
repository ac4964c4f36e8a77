// argv → command. Nothing else happens here: each command is a file in commands/.

import { archiveCommand } from './commands/archive.ts'
import { auditCommand } from './commands/audit.ts'
import { channelCommand } from './commands/channel.ts'
import { clockCommand } from './commands/clock.ts'
import { backupCommand } from './commands/backup.ts'
import type { Command } from './commands/command.ts'
import { discrepancyCommand } from './commands/discrepancy.ts'
import { doctorCommand } from './commands/doctor.ts'
import { keysCommand } from './commands/keys.ts'
import { merchantCommand } from './commands/merchant.ts'
import { migrateCommand } from './commands/migrate.ts'
import { operatorCommand } from './commands/operator.ts'
import { paymentCommand } from './commands/payment.ts'
import { queueCommand } from './commands/queue.ts'
import { reconcileCommand } from './commands/reconcile.ts'
import { restoreCommand } from './commands/restore.ts'
import { sandboxCommand } from './commands/sandbox.ts'
import { serveCommand } from './commands/serve.ts'
import { tokenCommand } from './commands/token.ts'
import { webhooksCommand } from './commands/webhooks.ts'
import { print, printError } from './commands/terminal.ts'
import { readConfig, secretNames } from './config.ts'
import { StartupError } from './primitives/startup-error.ts'
import { takeSecrets } from './secret-settings.ts'
import { reportCrashes } from './telemetry/crash-report.ts'
import { errorText } from './telemetry/describe-error.ts'
import { scrubCrash, scrubText } from './telemetry/scrub-text.ts'

const commands: readonly Command[] = [
  sandboxCommand,
  serveCommand,
  migrateCommand,
  merchantCommand,
  channelCommand,
  operatorCommand,
  tokenCommand,
  paymentCommand,
  discrepancyCommand,
  reconcileCommand,
  clockCommand,
  queueCommand,
  webhooksCommand,
  keysCommand,
  auditCommand,
  backupCommand,
  restoreCommand,
  archiveCommand,
  doctorCommand,
]

/** Runs a command line; sets the exit code. Never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  reportCrashes()
  const [name, ...rest] = argv
  if (name === undefined || name === '--help' || name === 'help') {
    print(overview())
    return
  }
  const command = commands.find((candidate) => candidate.name === name)
  if (command === undefined) {
    printError(`billkey: there is no command '${name}': see 'billkey --help'`)
    process.exitCode = 2
    return
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    print(command.help)
    return
  }
  try {
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

function overview(): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  const rows = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
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
