// `billkey channel`: PAYJOA contracts (the guide's §1).

import { readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { parseArgs } from 'node:util'

import {
  addChannel,
  type ChannelDependencies,
  payjoaBaseUrls,
  payjoaReportUrls,
  type ReportAccess,
} from '../accounts/add-channel.ts'
import { changeChannel, type WantedChanges } from '../accounts/change-channel.ts'
import type { Channel } from '../accounts/channel.ts'
import { disableChannel, listChannels } from '../accounts/channels.store.ts'
import {
  anyInstalments,
  type InstalmentRule,
  readInstalments,
  showInstalments,
} from '../accounts/instalment-rule.ts'
import { testChannel } from '../accounts/test-channel.ts'
import type { Parts } from '../compose/parts.ts'
import type { Config } from '../config.ts'
import { issuerCodes } from '../gateways/payjoa/issuers.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { Secret } from '../primitives/secret.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { type Command, pickMerchant, splitSubcommand, withParts } from './command.ts'
import { print, printTable, readStdin } from './terminal.ts'

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

const merchantOption = { merchant: { type: 'string' } } as const

const sharedOptions = {
  'rate-cap': { type: 'string' },
  'total-rate-cap': { type: 'string' },
  'report-password-file': { type: 'string' },
  'report-base-url': { type: 'string' },
  'late-approvals': { type: 'string' },
} as const

const addOptions = {
  ...merchantOption,
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
  instalments: { type: 'string', default: showInstalments(anyInstalments) },
  ...sharedOptions,
  name: { type: 'string' },
  default: { type: 'boolean', default: false },
} as const

const setOptions = {
  ...merchantOption,
  name: { type: 'string' },
  unmappable: { type: 'string' },
  instalments: { type: 'string' },
  ...sharedOptions,
  'link-key-file': { type: 'string' },
  default: { type: 'boolean', default: false },
} as const

type Values<Options extends Record<string, { readonly type: 'string' | 'boolean' }>> = {
  readonly [K in keyof Options]?:
    | (Options[K]['type'] extends 'boolean' ? boolean : string)
    | undefined
}

async function add(
  parts: Parts,
  merchantId: MerchantId,
  values: Values<typeof addOptions>,
): Promise<void> {
  if (values.cpid === undefined) throw new StartupError('cpid_missing', 'name the CPID with --cpid')
  const mode = oneOf('--mode', values.mode, ['test', 'live'])
  const keyIn = oneOf('--key-in', values['key-in'], ['none', 'plain', 'verified', 'both'])
  const tax = oneOf('--tax', values.tax, ['taxable', 'exempt', 'per-payment'])
  const result = await addChannel(dependenciesOf(parts), {
    merchantId,
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
    unmappable: oneOf('--unmappable', values.unmappable, policies),
    instalments: instalmentsOf(values.instalments ?? ''),
    rateCapPerSecond: capOf('--rate-cap', values['rate-cap'] ?? defaultCaps[mode].billing),
    totalRateCapPerSecond: capOf(
      '--total-rate-cap',
      values['total-rate-cap'] ?? defaultCaps[mode].total,
    ),
    lateApprovals: oneOf('--late-approvals', values['late-approvals'] ?? 'keep', latePolicies),
    report: (await readReport(values, payjoaReportUrls[mode])) ?? null,
    makeDefault: values.default ?? false,
  })
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
    `cli:${userInfo().username}`,
  )
  if (result.kind === 'refused') throw new StartupError('channel_refused', result.message)
  list([result.channel])
  if (keyFile !== undefined) print(`prove the link key: billkey channel test ${channel.pgId}`)
}

/** What PAYJOA asks of callers; a test contract is held back only where somebody says so. */
const defaultCaps = {
  live: { billing: '3', total: '50' },
  test: { billing: 'off', total: 'off' },
} as const

async function sharedChanges(
  channel: Channel,
  values: Values<typeof sharedOptions>,
): Promise<WantedChanges> {
  const cap = values['rate-cap']
  const totalCap = values['total-rate-cap']
  const late = values['late-approvals']
  const url = channel.reportBaseUrl ?? payjoaReportUrls[channel.sandbox ? 'test' : 'live']
  return {
    rateCapPerSecond: cap === undefined ? undefined : capOf('--rate-cap', cap),
    totalRateCapPerSecond: totalCap === undefined ? undefined : capOf('--total-rate-cap', totalCap),
    lateApprovals: late === undefined ? undefined : oneOf('--late-approvals', late, latePolicies),
    report: await readReport(values, url),
  }
}

const latePolicies = ['keep', 'cancel'] as const

function capOf(option: string, value: string): number | null {
  return value === 'off' ? null : wholeNumber(option, value, 1000)
}

async function readReport(
  values: Values<typeof sharedOptions>,
  defaultUrl: string,
): Promise<ReportAccess | undefined> {
  const file = values['report-password-file']
  const url = values['report-base-url']
  if (file === undefined) {
    if (url === undefined) return undefined
    throw new StartupError('bad_option', '--report-base-url needs --report-password-file')
  }
  return { baseUrl: url ?? defaultUrl, password: new Secret((await readKeyFile(file)).trim()) }
}

const policies = ['substitute', 'reject'] as const

function dependenciesOf({ db, vault, clock, ids }: Parts): ChannelDependencies {
  return { db, vault, clock, uuid: () => ids.uuid() }
}

function instalmentsOf(text: string): InstalmentRule {
  const reading = readInstalments(text)
  if (reading.kind === 'malformed') {
    throw new StartupError('bad_option', `--instalments: ${reading.message}`)
  }
  const strange = Object.keys(reading.rule.byCompany).filter((code) => !issuerCodes.has(code))
  if (strange.length > 0) {
    throw new StartupError(
      'bad_option',
      `--instalments: ${strange.join(', ')} is no card company that PAYJOA names; there are ${[...issuerCodes].sort().join(', ')}`,
    )
  }
  return reading.rule
}

// Never an argument: arguments show in process lists and shell histories.
async function readLinkKey(file: string | undefined): Promise<Secret> {
  const isTyped = file === undefined || file === '-'
  if (isTyped && process.stdin.isTTY) print('Paste the link key (결제연동키), then Ctrl-D:')
  const text = isTyped ? await readStdin() : await readKeyFile(file)
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
