// Sets up a PAYJOA contract (the guide's §1): what the contract allows, where it is spoken to, and its link key,
// which is sealed before it is stored and never read back.

import type { Database } from '../db/database.ts'
import { isUniqueViolation } from '../db/pg-errors.ts'
import type { Secret } from '../primitives/secret.ts'
import type { Vault } from '../vault/vault.ts'
import type { Channel } from './channel.ts'
import type { MerchantClock } from './merchant-clock.ts'
import {
  clearDefaultChannel,
  insertChannel,
  listChannels,
  pgIdTaken,
  type SealedReport,
} from './channels.store.ts'

/** Where PAYJOA answers. Configuration, since its names have changed twice (daoupay, payjoa, kiwoompay). */
export const payjoaBaseUrls = {
  live: 'https://api.kiwoompay.co.kr',
  test: 'https://apitest.kiwoompay.co.kr',
} as const

/** What PAYJOA asks of callers, per second; a test contract is held back only where somebody says so. Null: not at all. */
export const defaultRateCaps = {
  live: { billing: 3, total: 50 },
  test: { billing: null, total: null },
} as const

export type NewChannel = Omit<
  Channel,
  | 'channelKey'
  | 'linkKeySealed'
  | 'disabledAtMs'
  | 'isDefault'
  | 'provider'
  | 'reportBaseUrl'
  | 'reportPasswordSealed'
> & {
  readonly linkKey: Secret
  readonly makeDefault: boolean
  /** Null: its daily files are not fetched. */
  readonly report: ReportAccess | null
}

/** Where a day's transactions are had, and the PASSWORD for them. */
export interface ReportAccess {
  readonly baseUrl: string
  readonly password: Secret
}

/** Where the daily files were seen. Configuration, as above. */
export const payjoaReportUrls = {
  live: 'https://agent.daoupay.com',
  test: 'https://agenttest.daoupay.com',
} as const

export interface ChannelDependencies {
  readonly db: Database
  readonly vault: Vault
  readonly clock: MerchantClock
  /** A UUID, for V1's channel_key form `channel-key-<uuid>`. */
  readonly uuid: () => string
}

export type AddChannelResult =
  | { readonly kind: 'added'; readonly channel: Channel }
  | { readonly kind: 'refused'; readonly message: string }

/** Adds a channel; `actor` does it, for the audit trail. The merchant's first enabled channel becomes its default. */
export async function addChannel(
  { db, vault, clock, uuid }: ChannelDependencies,
  wanted: NewChannel,
  actor: string,
): Promise<AddChannelResult> {
  const fault = faultOf(wanted)
  if (fault !== undefined) return { kind: 'refused', message: fault }
  const channelKey = `channel-key-${uuid()}`
  const { linkKey, makeDefault, report, ...rest } = wanted
  const linkKeySealed = await vault.seal(wanted.merchantId, linkKeyPurpose, channelKey, linkKey)
  const place = { merchantId: wanted.merchantId, channelKey }
  const sealed = report === null ? null : await sealReport(vault, place, report)
  const act = { eventId: uuid(), actor, atMs: clock.now() }
  try {
    return await db.transaction(async (tx) => {
      if (!wanted.sandbox && clock.stoppedAt(wanted.merchantId) !== undefined) {
        return {
          kind: 'refused',
          message: "the merchant's test clock is stopped: release it first",
        }
      }
      const others = await listChannels(tx, wanted.merchantId)
      const isFirst = others.every((other) => other.disabledAtMs !== null)
      const isDefault = makeDefault || isFirst
      if (isDefault) await clearDefaultChannel(tx, wanted.merchantId)
      const channel: Channel = {
        ...rest,
        provider: 'daou',
        channelKey,
        linkKeySealed,
        reportBaseUrl: sealed?.baseUrl ?? null,
        reportPasswordSealed: sealed?.passwordSealed ?? null,
        isDefault,
        disabledAtMs: null,
      }
      await insertChannel(tx, channel, act)
      return { kind: 'added', channel }
    })
  } catch (error) {
    if (!isUniqueViolation(error, pgIdTaken)) throw error
    return { kind: 'refused', message: `CPID ${wanted.pgId} already has an enabled channel` }
  }
}

/** What the vault binds the daily file's password to, beside the merchant and the channel_key. */
export const reportPasswordPurpose = 'channel_report_password'

export async function sealReport(
  vault: Vault,
  { merchantId, channelKey }: Pick<Channel, 'merchantId' | 'channelKey'>,
  { baseUrl, password }: ReportAccess,
): Promise<SealedReport> {
  const passwordSealed = await vault.seal(merchantId, reportPasswordPurpose, channelKey, password)
  return { baseUrl, passwordSealed }
}

/** What the vault binds a channel's link key to, beside the merchant and the channel_key. */
export const linkKeyPurpose = 'channel_link_key'

function faultOf(wanted: NewChannel): string | undefined {
  // CPID is at most 20 bytes (LINK manual); every one seen is 8 letters and digits.
  if (!/^[A-Za-z0-9]{1,20}$/.test(wanted.pgId)) return 'a CPID is 1–20 letters and digits'
  const badKey = faultOfLinkKey(wanted.linkKey)
  if (badKey !== undefined) return badKey
  if (!wanted.allowsBilling && !wanted.allowsKeyInPlain && !wanted.allowsKeyInVerified) {
    return 'the contract must allow at least one of key-in and billing'
  }
  return faultOfUrl(wanted.baseUrl) ?? faultOfReport(wanted.report)
}

/** Why daily files cannot be had so. */
export function faultOfReport(report: ReportAccess | null): string | undefined {
  if (report === null) return undefined
  if (!/^[\x21-\x7e]{1,256}$/.test(report.password.reveal())) {
    return 'the password of the daily file is empty, has blanks in it or is too long'
  }
  return faultOfUrl(report.baseUrl)
}

/** Why a link key cannot be one; it travels as an HTTP header. */
export function faultOfLinkKey(linkKey: Secret): string | undefined {
  if (/^[\x21-\x7e]{1,256}$/.test(linkKey.reveal())) return undefined
  return 'the link key (결제연동키) is empty, has blanks in it or is too long'
}

// The link key travels in a header: in clear text only to this very machine.
function faultOfUrl(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null) return `'${text}' is not a URL`
  if (url.protocol === 'https:') return undefined
  const isLoopback = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)
  if (url.protocol === 'http:' && isLoopback) return undefined
  return `${text} must be https (http only on this machine)`
}
