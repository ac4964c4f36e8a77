// `billkey token`: a live access token, for curl.

import { parseArgs } from 'node:util'

import { listApiKeys } from '../accounts/accounts.store.ts'
import { issueAccessToken } from '../accounts/issue-access-token.ts'
import { recordAct } from '../audit/audit-events.store.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { cliAct, type Command, pickMerchant, withParts } from './command.ts'
import { print } from './terminal.ts'

export const tokenCommand: Command = {
  name: 'token',
  summary: "Print a merchant's live access token, for curl",
  help: `Usage: billkey token [--merchant <number or name>]

Prints the token that POST /users/getToken would give, without the secret. Whoever can run this can read the
master key, so it gives away nothing more.

Example:
  curl -H "Authorization: $(billkey token)" http://127.0.0.1:8484/users/pg`,
  async run(args, config) {
    const { values } = parseArgs({ args: [...args], options: { merchant: { type: 'string' } } })
    await withParts(config, async (parts) => {
      const { merchantId, name } = await pickMerchant(parts, values.merchant)
      const keys = await listApiKeys(parts.db, merchantId)
      const live = keys.find((key) => key.revokedAtMs === null)
      if (live === undefined) {
        throw new StartupError('no_api_key', `${name} has no API key: billkey merchant add-key`)
      }
      // Before it is shown: whoever has it can charge.
      const shown = { action: 'access_token.shown', subject: live.impKey, detail: {} }
      await recordAct(parts.db, merchantId, shown, cliAct(parts))
      const tokenKey = parts.masterKeys.deriveKey('access token')
      const { token } = await issueAccessToken(
        { ...parts, tokenKey },
        { merchantId, impKey: live.impKey },
      )
      print(token)
    })
  },
}
