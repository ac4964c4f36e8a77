// `billkey merchant`: merchants and their API keys.

import { parseArgs } from 'node:util'

import {
  insertMerchant,
  listApiKeys,
  listMerchants,
  revokeApiKey,
} from '../accounts/accounts.store.ts'
import { changeMerchantSettings } from '../accounts/merchant-settings.store.ts'
import { pendingSchedulesPolicies } from '../accounts/pending-schedules-policy.ts'
import { createApiKey } from '../accounts/create-api-key.ts'
import type { Parts } from '../compose/parts.ts'
import { StartupError } from '../primitives/startup-error.ts'
import {
  cliAct,
  cliActor,
  type Command,
  pickMerchant,
  splitSubcommand,
  withParts,
} from './command.ts'
import { inKorea, print, printTable } from './terminal.ts'

export const merchantCommand: Command = {
  name: 'merchant',
  summary: 'Add and list merchants and their API keys',
  help: `Usage: billkey merchant add <name>
       billkey merchant list
       billkey merchant add-key [--merchant <number or name>]
       billkey merchant list-keys [--merchant <number or name>]
       billkey merchant revoke-key <imp_key> [--merchant <number or name>]
       billkey merchant set --pending-schedules leave|refuse|revoke [--merchant <number or name>]

'add' and 'add-key' print the API secret once; only its hash is stored. A revoked key's token stops working
within five seconds.

--pending-schedules: what becomes of reserved payments when their billing key is deleted. 'leave' (the default, as
V1 does): they stay and fail when they are due. 'refuse': the key is not deleted. 'revoke': they are revoked.

Examples:
  billkey merchant add "My Shop"
  billkey merchant add-key --merchant "My Shop"`,
  async run(args, config) {
    const { name, rest } = splitSubcommand('merchant', Object.keys(subcommands), args)
    const { values, positionals } = parseArgs({
      args: [...rest],
      allowPositionals: true,
      options: { merchant: { type: 'string' }, 'pending-schedules': { type: 'string' } },
    })
    await withParts(config, (parts) =>
      (subcommands[name] as Subcommand)(parts, {
        operand: positionals[0],
        merchant: values.merchant,
        pendingSchedules: values['pending-schedules'],
      }),
    )
  },
}

interface Arguments {
  readonly operand: string | undefined
  readonly merchant: string | undefined
  readonly pendingSchedules: string | undefined
}

type Subcommand = (parts: Parts, given: Arguments) => Promise<void>

const subcommands: Record<string, Subcommand> = {
  async add(parts, { operand: name }) {
    if (name === undefined) throw new StartupError('name_missing', 'name the new merchant')
    const merchant = await insertMerchant(parts.db, name, cliAct(parts))
    print(`merchant    ${merchant.merchantId} (${merchant.name})`)
    await printNewKey(parts, merchant)
  },
  async list({ db }) {
    const merchants = await listMerchants(db)
    printTable(
      ['number', 'name', 'since (KST)'],
      merchants.map((merchant) => [
        String(merchant.merchantId),
        merchant.name,
        inKorea(merchant.createdAtMs),
      ]),
    )
  },
  async 'add-key'(parts, { merchant: wanted }) {
    await printNewKey(parts, await pickMerchant(parts, wanted))
  },
  async 'list-keys'(parts, { merchant: wanted }) {
    const merchant = await pickMerchant(parts, wanted)
    const keys = await listApiKeys(parts.db, merchant.merchantId)
    printTable(
      ['imp_key', 'since (KST)', 'revoked (KST)'],
      keys.map((key) => [
        key.impKey,
        inKorea(key.createdAtMs),
        key.revokedAtMs === null ? '' : inKorea(key.revokedAtMs),
      ]),
    )
  },
  async 'revoke-key'(parts, { operand: impKey, merchant: wanted }) {
    if (impKey === undefined) throw new StartupError('key_missing', 'name the imp_key to revoke')
    const merchant = await pickMerchant(parts, wanted)
    const keys = await listApiKeys(parts.db, merchant.merchantId)
    if (!keys.some((key) => key.impKey === impKey && key.revokedAtMs === null)) {
      throw new StartupError('no_such_key', `${merchant.name} has no live API key ${impKey}`)
    }
    await revokeApiKey(parts.db, merchant.merchantId, impKey, cliAct(parts))
    print(`revoked ${impKey}`)
  },
  async set(parts, { merchant: wanted, pendingSchedules }) {
    const policy = pendingSchedulesPolicies.find((candidate) => candidate === pendingSchedules)
    if (policy === undefined) {
      const choices = pendingSchedulesPolicies.join(', ')
      throw new StartupError('bad_option', `--pending-schedules takes one of ${choices}`)
    }
    const merchant = await pickMerchant(parts, wanted)
    const changes = { pendingSchedulesOnDelete: policy }
    await changeMerchantSettings(parts.db, merchant.merchantId, changes, cliAct(parts))
    print(`pending schedules of a deleted billing key: ${policy} (${merchant.name})`)
  },
}

async function printNewKey(
  parts: Parts,
  { merchantId }: Awaited<ReturnType<typeof pickMerchant>>,
): Promise<void> {
  const { impKey, impSecret } = await createApiKey(parts, merchantId, { actor: cliActor() })
  print(`imp_key     ${impKey}`)
  print(`imp_secret  ${impSecret.reveal()}   (shown once)`)
}
