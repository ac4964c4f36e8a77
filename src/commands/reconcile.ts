// `billkey reconcile`: holds a day's file of PAYJOA against our books, now.

import { parseArgs } from 'node:util'

import type { Channel } from '../accounts/channel.ts'
import { listChannels } from '../accounts/channels.store.ts'
import type { Parts } from '../compose/parts.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { isKoreanDay, koreanDay } from '../primitives/korean-day.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { reconcileByOperator } from '../reconciliation/reconcile-by-operator.ts'
import { cliActor, type Command, pickMerchant, withParts } from './command.ts'
import { print } from './terminal.ts'

export const reconcileCommand: Command = {
  name: 'reconcile',
  summary: "Hold a day's transaction file of PAYJOA against the books now",
  help: `Usage: billkey reconcile [--day <yyyymmdd>] [--channel <channel key or CPID>] [--merchant <number or name>]

Fetches the file of a day in Korea (default: today) of each channel that has a report password, settles what it
proves, and lists what it contradicts. Workers do this by themselves; use it after a restore, for a day longer
ago, or to look at once. Doing it twice changes nothing.

Examples:
  billkey reconcile
  billkey reconcile --day 20261231 --channel CTS00001`,
  async run(args, config) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        day: { type: 'string' },
        channel: { type: 'string' },
        merchant: { type: 'string' },
      },
    })
    await withParts(config, async (parts) => {
      const { merchantId } = await pickMerchant(parts, values.merchant)
      const day = dayOf(values.day, parts)
      let failures = 0
      for (const channel of await channelsOf(parts, merchantId, values.channel)) {
        if (!(await reconcile(parts, channel, day))) failures += 1
      }
      if (failures > 0) {
        throw new StartupError('report_unavailable', `${failures} daily files could not be read`)
      }
    })
  },
}

function dayOf(wanted: string | undefined, { clock }: Parts): string {
  const today = koreanDay(clock.now())
  const day = wanted ?? today
  if (isKoreanDay(day) && day <= today) return day
  throw new StartupError('bad_day', `--day is a day of the past or today, as yyyymmdd: '${day}'`)
}

async function channelsOf(
  { db }: Parts,
  merchantId: MerchantId,
  wanted: string | undefined,
): Promise<Channel[]> {
  const channels = (await listChannels(db, merchantId)).filter(
    ({ channelKey, pgId, reportPasswordSealed }) =>
      reportPasswordSealed !== null &&
      (wanted === undefined || wanted === channelKey || wanted === pgId),
  )
  if (channels.length > 0) return channels
  throw new StartupError(
    'no_reporting_channel',
    "no such channel has a report password: see 'billkey channel set --help'",
  )
}

async function reconcile(parts: Parts, channel: Channel, day: string): Promise<boolean> {
  const { pgId } = channel
  const deps = { ...parts, reportEveryMs: parts.config.evidence.reportEveryMs }
  const result = await reconcileByOperator(deps, channel, day, cliActor())
  if (result.kind === 'unread') {
    const why = result.failure ?? 'a worker is reading this file at this moment: try again'
    print(`${pgId} ${day}: ${why}`)
    return false
  }
  const { approvals, cancels, unreadable, lacking, settled, raised } = result
  print(
    `${pgId} ${day}: ${approvals} approvals, ${cancels} cancels` +
      (unreadable === 0 ? '' : `, ${unreadable} unreadable lines`),
  )
  print(`  settled ${settled} that were unknown`)
  if (lacking > 0) print(`  lacks ${lacking} that our books have`)
  if (raised > 0) print(`  raised ${raised}: billkey discrepancy list`)
  return true
}
