// What a command is, and what those that open the database share.

import { access } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'

import { type Act, newAct } from '../audit/audit-event.ts'
import { signChains } from '../audit/sign-chains.ts'
import { openEverything, type Parts } from '../compose/parts.ts'
import { sandboxKeyFile } from './sandbox-merchant.ts'
import type { Config } from '../config.ts'
import { merchantId } from '../primitives/ids.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { listMerchants, type Merchant } from '../accounts/accounts.store.ts'
import { printError } from './terminal.ts'

export interface Command {
  readonly name: string
  /** One line of the overview. */
  readonly summary: string
  /** Usage, options and examples. */
  readonly help: string
  run(args: readonly string[], config: Config): Promise<void>
}

/**
 * Opens the database, does the work, and closes whatever was opened. What the work has added to audit trails is signed
 * before, since no worker may be running.
 */
export async function withParts(
  config: Config,
  work: (parts: Parts) => Promise<void>,
): Promise<void> {
  const parts = await openEverything(config, { isSandbox: await isSandboxDirectory(config) })
  try {
    await work(parts)
  } finally {
    await signTrails(parts)
    await parts.close()
  }
}

// Not by the log, which goes to standard output, where scripts read a command's answer. A failure is told of and no
// more: the act is done, and its signature may as well come from the next worker.
async function signTrails(parts: Parts): Promise<void> {
  const tell = (message: string) => printError(`billkey: ${message}`)
  const log = { info: () => undefined, error: (_: object, message: string) => tell(message) }
  await signChains({ ...parts, log }).catch((error: unknown) =>
    tell(`the audit trail could not be signed: ${(error as Error).message}`),
  )
}

/** Who runs a command, for the audit trail. */
export function cliActor(): string {
  return `cli:${userInfo().username}`
}

export function cliAct(parts: Parts): Act {
  return newAct(parts, cliActor())
}

/** True where `billkey sandbox` has kept its master key, so that commands beside it find the same one. */
export async function isSandboxDirectory(config: Config): Promise<boolean> {
  if (config.databaseUrl !== null) return false
  return access(join(config.dataDir, sandboxKeyFile)).then(
    () => true,
    () => false,
  )
}

/** The merchant named by number or name; the only one when none is named. */
export async function pickMerchant(parts: Parts, wanted: string | undefined): Promise<Merchant> {
  const merchants = await listMerchants(parts.db)
  const found =
    wanted === undefined
      ? merchants.length === 1
        ? merchants[0]
        : undefined
      : merchants.find(
          (merchant) =>
            merchant.name === wanted || merchant.merchantId === merchantId(Number(wanted)),
        )
  if (found !== undefined) return found
  throw new StartupError(
    'no_such_merchant',
    wanted === undefined
      ? "name the merchant with --merchant <number or name>: see 'billkey merchant list'"
      : `there is no merchant '${wanted}': see 'billkey merchant list'`,
  )
}

/** The subcommand and its own arguments, or a refusal that lists what there is. */
export function splitSubcommand<Name extends string>(
  command: string,
  names: readonly Name[],
  args: readonly string[],
): { readonly name: Name; readonly rest: readonly string[] } {
  const [given, ...rest] = args
  const name = names.find((candidate) => candidate === given)
  if (name === undefined) {
    throw new StartupError(
      'no_such_subcommand',
      `billkey ${command} needs one of: ${names.join(', ')}: see 'billkey ${command} --help'`,
    )
  }
  return { name, rest }
}
