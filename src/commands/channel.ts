// `billkey channel`: PAYJOA contracts (the guide's §1).

import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'

import { addChannel, payjoaBaseUrls } from '../accounts/add-channel.ts'
import type { Channel } from '../accounts/channel.ts'
import { disableChannel, listChannels } from '../accounts/channels.store.ts'
import { testChannel } from '../accounts/test-channel.ts'
import type { Parts } from '../compose.ts'
import { Secret } from '../primitives/secret.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { type Command, pickMerchant, splitSubcommand, withParts } from './command.ts'
import { print, printTable, readStdin } from './terminal.ts'

export const channelCommand: Command = {
  name: 'channel',
  summary: 'Set up, list, test and disable PAYJOA contracts',
  help: `Usage: billkey channel add --cpid <CPID> [options]       the link key is read from standard input
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
  --rate-cap <n>                calls per second and method the contract takes; default 3
  --name <text>                 for people
  --default                     make it the merchant's default channel

Examples:
  billkey channel add --cpid CTS00000 --billing --key-in both < link-key.txt
  billkey channel test
  billkey channel disable CTS00000`,
  async run(args, config) {
    const { name, rest } = splitSubcommand('channel', ['add', 'list', 'test', 'disable'], args)
    const { values, positionals } = parseArgs({
      args: [...rest],
      allowPositionals: true,
      options: {
        ...addOptions,
        merchant: { type: 'string' },
      },
    })
    await withParts(config, async (parts) => {
      const { merchantId } = await pickMerchant(parts, values.merchant)
      const channels = await listChannels(parts.db, merchantId)
      switch (name) {
        case 'add':
          return add(parts, { ...values, merchantId })
        case 'list':
          return list(channels)
        case 'test':
          return test(
            parts,
            positionals[0] === undefined ? enabled(channels) : [pick(channels, positionals[0])],
          )
        case 'disable':
          return disable(parts, pick(channels, positionals[0]))
      }
    })
  },
}

const addOptions = {
  cpid: { type: 'string' },
  mode: { type: 'string', default: 'test' },
  'base-url': { type: 'string' },
  'link-key-file': { type: 'string' },
  'key-in': { type: 'string', default: 'none' },
  billing: { type: 'boolean', default: false },
  product: { type: 'string', default: 'digital' },
  tax: { type: 'string', default: 'taxable' },
  route: { type: 'string', default: 'D' },
  unmappable: { type: 'string', default: 'substitute' },
  'rate-cap': { type: 'string', default: '3' },
  name: { type: 'string' },
  default: { type: 'boolean', default: false },
} as const

type AddValues = { readonly merchantId: Channel['merchantId'] } & {
  readonly [K in keyof typeof addOptions]?: (typeof addOptions)[K]['type'] extends 'boolean'
    ? boolean
    : string
}

async function add(parts: Parts, values: AddValues): Promise<void> {
  if (values.cpid === undefined) throw new StartupError('cpid_missing', 'name the CPID with --cpid')
  const mode = oneOf('--mode', values.mode, ['test', 'live'])
  const keyIn = oneOf('--key-in', values['key-in'], ['none', 'plain', 'verified', 'both'])
  const tax = oneOf('--tax', values.tax, ['taxable', 'exempt', 'per-payment'])
  const result = await addChannel(
    { db: parts.db, vault: parts.vault, clock: parts.clock, uuid: () => parts.ids.uuid() },
    {
      merchantId: values.merchantId,
      name: values.name ?? `PAYJOA ${values.cpid}`,
      pgId: values.cpid,
      linkKey: await readLinkKey(values['link-key-file']),
      baseUrl: values['base-url'] ?? payjoaBaseUrls[mode],
      sandbox: mode === 'test',
      cardRoute: oneOf('--route', values.route, ['D', 'K']),
      productType: oneOf('--product', values.product, ['digital', 'physical']),
      taxMode: tax === 'per-payment' ? 'per_payment' : tax,
      allowsKeyInPlain: keyIn === 'plain' || keyIn === 'both',
      allowsKeyInVerified: keyIn === 'verified' || keyIn === 'both',
      allowsBilling: values.billing ?? false,
      unmappable: oneOf('--unmappable', values.unmappable, ['substitute', 'reject']),
      rateCapPerSecond: wholeNumber('--rate-cap', values['rate-cap'], 1000),
      makeDefault: values.default ?? false,
    },
  )
  if (result.kind === 'refused') throw new StartupError('channel_refused', result.message)
  print(`added ${result.channel.channelKey}${result.channel.isDefault ? ' (default)' : ''}`)
  print(`prove it: billkey channel test ${result.channel.pgId}`)
}

// Never an argument: arguments show in process lists and shell histories.
async function readLinkKey(file: string | undefined): Promise<Secret> {
  if (file === undefined && process.stdin.isTTY)
    print('Paste the link key (결제연동키), then Ctrl-D:')
  const text = file === undefined ? await readStdin() : await readKeyFile(file)
  return new Secret(text.trim())
}

async function readKeyFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new StartupError('link_key_unreadable', `cannot read ${path} (${code})`, { cause: error })
  }
}

function list(channels: readonly Channel[]): void {
  printTable(
    ['CPID', 'name', 'mode', 'allows', 'cap/s', 'state', 'channel key', 'PAYJOA'],
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
      String(channel.rateCapPerSecond),
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
  const isDisabled = await disableChannel(parts.db, merchantId, channelKey, parts.clock.now())
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

function oneOf<Choice extends string>(
  option: string,
  value: string | undefined,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === value)
  if (found === undefined) {
    throw new StartupError('bad_option', `${option} takes one of ${choices.join(', ')}`)
  }
  return found
}

function wholeNumber(option: string, value: string | undefined, max: number): number {
  const number = Number(value)
  if (!/^\d+$/.test(value ?? '') || number < 1 || number > max) {
    throw new StartupError('bad_option', `${option} takes a whole number from 1 to ${max}`)
  }
  return number
}
