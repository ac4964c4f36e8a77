// A channel is one contract with the gateway. Pure rules: which channel serves a request.

import type { Gate, GatewayContract } from '../gateways/gateway.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { Secret } from '../primitives/secret.ts'
import type { InstalmentRule } from './instalment-rule.ts'

export interface Channel {
  readonly merchantId: MerchantId
  readonly channelKey: string
  readonly name: string
  readonly provider: 'daou'
  /** PAYJOA's CPID. */
  readonly pgId: string
  readonly linkKeySealed: Buffer
  readonly baseUrl: string
  readonly sandbox: boolean
  readonly cardRoute: 'D' | 'K'
  readonly productType: 'digital' | 'physical'
  /** Always taxable, always exempt, or decided per payment (건별구분). */
  readonly taxMode: 'taxable' | 'exempt' | 'per_payment'
  readonly allowsKeyInPlain: boolean
  readonly allowsKeyInVerified: boolean
  readonly allowsBilling: boolean
  readonly unmappable: 'reject' | 'substitute'
  readonly instalments: InstalmentRule
  /** Calls of each billing method (KEYGEN, BATCH) per second; null: not limited. */
  readonly rateCapPerSecond: number | null
  /** Calls of the whole contract per second; null: not limited. */
  readonly totalRateCapPerSecond: number | null
  /** What becomes of an approval that is found by evidence, when nobody waits for its answer any more. */
  readonly lateApprovals: 'keep' | 'cancel'
  /** Where the files of a day's transactions are had, and their PASSWORD; both null: they are not fetched. */
  readonly reportBaseUrl: string | null
  readonly reportPasswordSealed: Buffer | null
  readonly isDefault: boolean
  readonly disabledAtMs: number | null
}

/** What a request needs a channel to be able to do. */
export type ChannelUse = 'key_in' | 'billing'

export interface ChannelWish {
  /** V1's channel_key: names one channel exactly. */
  readonly channelKey?: string | undefined
  /** V1's pg: `daou` or `daou.{CPID}`. */
  readonly pg?: string | undefined
}

export type ChannelChoice =
  | { readonly kind: 'channel'; readonly channel: Channel }
  | { readonly kind: 'none'; readonly message: string }

/**
 * Chooses among a merchant's channels. V1: an invalid or missing `pg` falls back to the default channel without
 * an error; a channel_key names one and must exist. PAYJOA gives a CPID per product, so the default is the
 * merchant's default channel when it can do the work, else the oldest one that can.
 */
export function chooseChannel(
  channels: readonly Channel[],
  use: ChannelUse,
  wish: ChannelWish,
): ChannelChoice {
  const enabled = channels.filter((channel) => channel.disabledAtMs === null)
  if (wish.channelKey !== undefined) {
    const named = enabled.find((channel) => channel.channelKey === wish.channelKey)
    if (named === undefined) {
      return { kind: 'none', message: `등록되지 않은 channel_key입니다. (${wish.channelKey})` }
    }
    if (!canServe(named, use)) return { kind: 'none', message: notContractedMessage(use) }
    return { kind: 'channel', channel: named }
  }
  const able = enabled.filter((channel) => canServe(channel, use))
  const wished = able.find((channel) => `${channel.provider}.${channel.pgId}` === wish.pg)
  const chosen = wished ?? able.find((channel) => channel.isDefault) ?? able[0]
  if (chosen === undefined) return { kind: 'none', message: notContractedMessage(use) }
  return { kind: 'channel', channel: chosen }
}

export function canServe(channel: Channel, use: ChannelUse): boolean {
  const keyIn = channel.allowsKeyInPlain || channel.allowsKeyInVerified
  switch (use) {
    case 'key_in':
      return keyIn
    case 'billing':
      return channel.allowsBilling
  }
}

function notContractedMessage(use: ChannelUse): string {
  return use === 'key_in'
    ? '키인결제(수기결제)가 가능한 PG 채널이 설정되어 있지 않습니다.'
    : '정기결제(빌링)가 가능한 PG 채널이 설정되어 있지 않습니다.'
}

/** What the gateway adapter needs of a channel, with the link key opened. */
export function contractOf(channel: Channel, linkKey: Secret, gate: Gate | null): GatewayContract {
  return {
    contractId: channel.pgId,
    linkKey,
    baseUrl: channel.baseUrl,
    productType: channel.productType,
    cardRoute: channel.cardRoute,
    allowsKeyInPlain: channel.allowsKeyInPlain,
    allowsKeyInVerified: channel.allowsKeyInVerified,
    allowsBilling: channel.allowsBilling,
    unmappable: channel.unmappable,
    owner: { merchantId: channel.merchantId, channelKey: channel.channelKey },
    gate,
  }
}
