// The options of `billkey channel` and what they are read as. Secrets come from files or standard input only.

import { readFile } from 'node:fs/promises'

import {
  defaultRateCaps,
  type NewChannel,
  payjoaBaseUrls,
  payjoaReportUrls,
  type ReportAccess,
} from '../accounts/add-channel.ts'
import type { WantedChanges } from '../accounts/change-channel.ts'
import type { Channel } from '../accounts/channel.ts'
import {
  anyInstalments,
  type InstalmentRule,
  readInstalments,
  showInstalments,
} from '../accounts/instalment-rule.ts'
import { issuerCodes } from '../gateways/payjoa/issuers.ts'
import { Secret } from '../primitives/secret.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { print, readStdin } from './terminal.ts'

export const merchantOption = { merchant: { type: 'string' } } as const

export const sharedOptions = {
  'rate-cap': { type: 'string' },
  'total-rate-cap': { type: 'string' },
  'report-password-file': { type: 'string' },
  'report-base-url': { type: 'string' },
  'late-approvals': { type: 'string' },
} as const

export const addOptions = {
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

export const setOptions = {
  ...merchantOption,
  name: { type: 'string' },
  unmappable: { type: 'string' },
  instalments: { type: 'string' },
  ...sharedOptions,
  'link-key-file': { type: 'string' },
  default: { type: 'boolean', default: false },
} as const

export type Values<Options extends Record<string, { readonly type: 'string' | 'boolean' }>> = {
  readonly [K in keyof Options]?:
    | (Options[K]['type'] extends 'boolean' ? boolean : string)
    | undefined
}

/** What `channel add` makes of its options; the link key and the file's password are read from where they say. */
export async function readNewChannel(
  values: Values<typeof addOptions>,
): Promise<Omit<NewChannel, 'merchantId'>> {
  if (values.cpid === undefined) throw new StartupError('cpid_missing', 'name the CPID with --cpid')
  const mode = oneOf('--mode', values.mode, ['test', 'live'])
  const keyIn = oneOf('--key-in', values['key-in'], ['none', 'plain', 'verified', 'both'])
  const caps = defaultRateCaps[mode]
  const tax = oneOf('--tax', values.tax, ['taxable', 'exempt', 'per-payment'])
  return {
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
    rateCapPerSecond: newCapOf('--rate-cap', values['rate-cap'], caps.billing),
    totalRateCapPerSecond: newCapOf('--total-rate-cap', values['total-rate-cap'], caps.total),
    lateApprovals: oneOf('--late-approvals', values['late-approvals'] ?? 'keep', latePolicies),
    report: (await readReport(values, payjoaReportUrls[mode])) ?? null,
    makeDefault: values.default ?? false,
  }
}

export async function sharedChanges(
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

function newCapOf(
  option: string,
  value: string | undefined,
  otherwise: number | null,
): number | null {
  return value === undefined ? otherwise : capOf(option, value)
}

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

export const policies = ['substitute', 'reject'] as const

export function instalmentsOf(text: string): InstalmentRule {
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
export async function readLinkKey(file: string | undefined): Promise<Secret> {
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

export function oneOf<Choice extends string>(
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
