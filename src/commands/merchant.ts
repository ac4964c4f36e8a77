// `billkey merchant`: merchants and their API keys.

import { parseArgs } from 'node:util'

import {
  insertMerchant,
  listApiKeys,
  listMerchants,
  revokeApiKey,
} from '../accounts/accounts.store.ts'
import { createApiKey } from '../accounts/create-api-key.ts'
import type { Parts } from '../compose.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { type Command, pickMerchant, splitSubcommand, withParts } from './command.ts'
import { inKorea, print, printTable } from './terminal.ts'

export const merchantCommand: Command = {
  name: 'merchant',
  summary: 'Add and list merchants and their API keys',
  help: `Usage: billkey merchant add <name>
       billkey merchant list
       billkey merchant add-key [--merchant <number or name>]
       billkey merchant list-keys [--merchant <number or name>]
       billkey merchant revoke-key <imp_key> [--merchant <number or name>]

'add' and 'add-key' print the API secret once; only its hash is stored. A revoked key's token stops working
within five seconds.

Examples:
  billkey merchant add "My Shop"
  billkey merchant add-key --merchant "My Shop"`,
  async run(args, config) {
    const { name, rest } = splitSubcommand('merchant', Object.keys(subcommands), args)
    const { values, positionals } = parseArgs({
      args: [...rest],
      allowPositionals: true,
      options: { merchant: { type: 'string' } },
    })
    await withParts(config, (parts) =>
      (subcommands[name] as Subcommand)(parts, positionals[0], values.merchant),
    )
  },
}

type Subcommand = (
  parts: Parts,
  operand: string | undefined,
  merchant: string | undefined,
) => Promise<void>

const subcommands: Record<string, Subcommand> = {
  async add(parts, name) {
    if (name === undefined) throw new StartupError('name_missing', 'name the new merchant')
    const merchant = await insertMerchant(parts.db, name, parts.clock.now())
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
  async 'add-key'(parts, _, wanted) {
    await printNewKey(parts, await pickMerchant(parts, wanted))
  },
  async 'list-keys'(parts, _, wanted) {
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
  async 'revoke-key'(parts, impKey, wanted) {
    if (impKey === undefined) throw new StartupError('key_missing', 'name the imp_key to revoke')
    const merchant = await pickMerchant(parts, wanted)
    const keys = await listApiKeys(parts.db, merchant.merchantId)
    if (!keys.some((key) => key.impKey === impKey && key.revokedAtMs === null)) {
      throw new StartupError('no_such_key', `${merchant.name} has no live API key ${impKey}`)
    }
    await revokeApiKey(parts.db, merchant.merchantId, impKey, parts.clock.now())
    print(`revoked ${impKey}`)
  },
}

async function printNewKey(
  parts: Parts,
  { merchantId }: Awaited<ReturnType<typeof pickMerchant>>,
): Promise<void> {
  const { impKey, impSecret } = await createApiKey(parts, merchantId, {})
  print(`imp_key     ${impKey}`)
  print(`imp_secret  ${impSecret.reveal()}   (shown once)`)
}
