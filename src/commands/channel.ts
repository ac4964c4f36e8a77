// `billkey channel`: PAYJOA contracts (the guide's §1).

import { parseArgs } from 'node:util'

import { addChannel, type ChannelDependencies } from '../accounts/add-channel.ts'
import { changeChannel } from '../accounts/change-channel.ts'
import type { Channel } from '../accounts/channel.ts'
import { disableChannel, listChannels } from '../accounts/channels.store.ts'
import { showInstalments } from '../accounts/instalment-rule.ts'
import { testChannel } from '../accounts/test-channel.ts'
import type { Parts } from '../compose/parts.ts'
import type { Config } from '../config.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { StartupError } from '../primitives/startup-error.ts'
import {
  addOptions,
  instalmentsOf,
  merchantOption,
  oneOf,
  policies,
  readLinkKey,
  readNewChannel,
  setOptions,
  sharedChanges,
  type Values,
} from './channel-options.ts'
import {
  cliAct,
  cliActor,
  type Command,
  pickMerchant,
  splitSubcommand,
  withParts,
} from './command.ts'
import { print, printTable } from './terminal.ts'

export const channelCommand: Command = {
  name: 'channel',
  summary: 'Set up, change, list, test and disable PAYJOA contracts',
  help: `Usage: billkey channel add --cpid <CPID> [options]       the link key is read from standard input
       billkey channel set <channel key or CPID> [options]
       billkey channel list
       billkey channel test [<channel key or CPID>]
       billkey channel disable <channel key or CPID>

Where the values are: PAYJOA merchant admin > 고객지원 > 기술지원 > 연동정보설정 > the CPID > the pay method.
PAYJOA gives a CPID and a link key (결제연동키) per product, so key-in and billing are often two channels.

Options of add:
  --merchant <number or name>   needed when there is more than one
  --mode test|live              default test: which PAYJOA it speaks to
  --base-url <url>              instead of the mode's own
  --link-key-file <path>        read the link key from a file instead of standard input
  --key-in none|plain|verified|both
                                plain: card + expiry (BILLTYPE 18); verified: with birth + password
                                (BILLTYPE 13); default none
  --billing                     the contract allows billing keys (BILLTYPE 14)
  --product digital|physical    PRODUCTTYPE of the contract; default digital
  --tax taxable|exempt|per-payment
                                default taxable; per-payment needs a contract for 건별구분
  --route D|K                   D: PAYJOA acquires (CARD-*); K: through KCP (CARDK-*); default D
  --unmappable substitute|reject
                                what to do with characters EUC-KR cannot carry; default substitute
  --instalments <months>        what cards may pay in beside a lump sum; default 2-12. 'none', '2-6,10', or by
                                card company: '361:2-6,366:2-12,*:none' (codes as in GET /cards; * is all others)
  --rate-cap <n>|off            calls per second of each billing method (KEYGEN, BATCH); default 3 live, off in test
  --total-rate-cap <n>|off      calls per second of the whole contract; default 50 live, off in test
  --report-password-file <path> PASSWORD of the daily transaction file, from a file; without it no file is fetched
  --report-base-url <url>       where the file is; default PAYJOA's own admin of the mode
  --late-approvals keep|cancel  what becomes of an approval found when nobody waits for its answer; default keep
  --name <text>                 for people
  --default                     make it the merchant's default channel

Options of set: --merchant, --name, --unmappable, --instalments, --rate-cap, --total-rate-cap, --report-password-file,
  --report-base-url, --late-approvals and --default as above, and
  --link-key-file <path>        a new link key for the same CPID, from a file; - reads standard input
What is left out stays. What else the contract is belongs to the payments made under it: disable it and add anew.
A running server knows of a change within five seconds.

Examples:
  billkey channel add --cpid CTS00000 --billing --key-in both < link-key.txt
  billkey channel set CTS00000 --instalments '361:2-6,*:2-3'
  billkey channel set CTS00000 --link-key-file - < new-link-key.txt
  billkey channel test
  billkey channel disable CTS00000`,
  async run(args, config) {
    const { name, rest } = splitSubcommand('channel', subcommands, args)
    switch (name) {
      case 'add': {
        const { values } = parseArgs({ args: [...rest], options: addOptions })
        return onChannels(config, values, (parts, merchantId) => add(parts, merchantId, values))
      }
      case 'set': {
        const { values, positionals } = parseArgs({
          args: [...rest],
          allowPositionals: true,
          options: setOptions,
        })
        return onChannels(config, values, (parts, _, channels) =>
          set(parts, pick(channels, positionals[0]), values),
        )
      }
      case 'list':
      case 'test':
      case 'disable': {
        const { values, positionals } = parseArgs({
          args: [...rest],
          allowPositionals: true,
          options: merchantOption,
        })
        return onChannels(config, values, (parts, _, channels) =>
          look[name](parts, channels, positionals[0]),
        )
      }
    }
  },
}

const subcommands = ['add', 'set', 'list', 'test', 'disable'] as const

async function onChannels(
  config: Config,
  { merchant }: { readonly merchant?: string | undefined },
  work: (parts: Parts, merchantId: MerchantId, channels: readonly Channel[]) => Promise<void>,
): Promise<void> {
  await withParts(config, async (parts) => {
    const { merchantId } = await pickMerchant(parts, merchant)
    await work(parts, merchantId, await listChannels(parts.db, merchantId))
  })
}

/** The subcommands without options of their own, by the channel they name. */
const look = {
  list: async (_: Parts, channels: readonly Channel[]) => list(channels),
  test: (parts: Parts, channels: readonly Channel[], named: string | undefined) =>
    test(parts, named === undefined ? enabled(channels) : [pick(channels, named)]),
  disable: (parts: Parts, channels: readonly Channel[], named: string | undefined) =>
    disable(parts, pick(channels, named)),
}

async function add(
  parts: Parts,
  merchantId: MerchantId,
  values: Values<typeof addOptions>,
): Promise<void> {
  const wanted = { merchantId, ...(await readNewChannel(values)) }
  const result = await addChannel(dependenciesOf(parts), wanted, cliActor())
  if (result.kind === 'refused') throw new StartupError('channel_refused', result.message)
  print(`added ${result.channel.channelKey}${result.channel.isDefault ? ' (default)' : ''}`)
  print(`prove it: billkey channel test ${result.channel.pgId}`)
}

async function set(
  parts: Parts,
  channel: Channel,
  values: Values<typeof setOptions>,
): Promise<void> {
  const { name, unmappable, instalments, default: makeDefault, merchant: _, ...others } = values
  const keyFile = values['link-key-file']
  const given = [name, unmappable, instalments, ...Object.values(others)]
  if (given.every((value) => value === undefined) && makeDefault !== true) {
    throw new StartupError('nothing_to_set', "say what to set: see 'billkey channel --help'")
  }
  const result = await changeChannel(
    dependenciesOf(parts),
    channel,
    {
      name,
      unmappable:
        unmappable === undefined ? undefined : oneOf('--unmappable', unmappable, policies),
      instalments: instalments === undefined ? undefined : instalmentsOf(instalments),
      ...(await sharedChanges(channel, others)),
      linkKey: keyFile === undefined ? undefined : await readLinkKey(keyFile),
      makeDefault: makeDefault === true ? true : undefined,
    },
    cliActor(),
  )
  if (result.kind === 'refused') throw new StartupError('channel_refused', result.message)
  list([result.channel])
  if (keyFile !== undefined) print(`prove the link key: billkey channel test ${channel.pgId}`)
}

function dependenciesOf({ db, vault, clock, ids }: Parts): ChannelDependencies {
  return { db, vault, clock, uuid: () => ids.uuid() }
}

function list(channels: readonly Channel[]): void {
  printTable(
    ['CPID', 'name', 'mode', 'allows', 'instalments', 'cap/s', 'state', 'channel key', 'PAYJOA'],
    channels.map((channel) => [
      channel.pgId,
      channel.name,
      channel.sandbox ? 'test' : 'live',
      [
        channel.allowsKeyInPlain ? 'key-in' : '',
        channel.allowsKeyInVerified ? 'key-in verified' : '',
        channel.allowsBilling ? 'billing' : '',
      ]
        .filter((use) => use !== '')
        .join(', '),
      showInstalments(channel.instalments),
      `${channel.rateCapPerSecond ?? 'off'}/${channel.totalRateCapPerSecond ?? 'off'}`,
      stateOf(channel),
      channel.channelKey,
      channel.baseUrl,
    ]),
  )
}

function stateOf(channel: Channel): string {
  if (channel.disabledAtMs !== null) return 'disabled'
  return channel.isDefault ? 'default' : 'enabled'
}

async function test(parts: Parts, channels: readonly Channel[]): Promise<void> {
  if (channels.length === 0)
    throw new StartupError('no_channel', 'there is no enabled channel to test')
  let failures = 0
  for (const channel of channels) {
    for (const { method, outcome } of await testChannel(parts, channel)) {
      const isProved = outcome.kind === 'approved'
      if (!isProved) failures += 1
      const said = isProved ? 'ready' : `${outcome.code ?? outcome.cause}: ${outcome.message}`
      print(`${isProved ? 'ok  ' : 'FAIL'}  ${channel.pgId}  ${method.padEnd(13)}  ${said}`)
    }
  }
  if (failures > 0) {
    throw new StartupError(
      'channel_unproved',
      `${failures} of the methods above are not accepted by PAYJOA`,
    )
  }
}

async function disable(parts: Parts, channel: Channel): Promise<void> {
  const { merchantId, channelKey } = channel
  const isDisabled = await disableChannel(parts.db, merchantId, channelKey, cliAct(parts))
  print(isDisabled ? `disabled ${channel.pgId}` : `${channel.pgId} is disabled already`)
}

function enabled(channels: readonly Channel[]): Channel[] {
  return channels.filter((channel) => channel.disabledAtMs === null)
}

function pick(channels: readonly Channel[], wanted: string | undefined): Channel {
  const found =
    channels.find((channel) => channel.channelKey === wanted) ??
    enabled(channels).find((channel) => channel.pgId === wanted) ??
    channels.find((channel) => channel.pgId === wanted)
  if (found !== undefined) return found
  throw new StartupError(
    'no_such_channel',
    wanted === undefined
      ? 'name the channel by its key or CPID'
      : `there is no channel '${wanted}'`,
  )
}
