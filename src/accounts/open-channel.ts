// Finds the channel that serves a request and opens its link key, once per process and change: a merchant's
// channels and their keys are asked for by every charge.

import type { Queryable } from '../db/database.ts'
import type { ReportContract } from '../gateways/evidence.ts'
import type { GatewayContract } from '../gateways/gateway.ts'
import type { Clock } from '../primitives/clock.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { Secret } from '../primitives/secret.ts'
import type { RateGates } from '../rate/rate-gates.ts'
import type { Vault } from '../vault/vault.ts'
import { linkKeyPurpose, reportPasswordPurpose } from './add-channel.ts'
import {
  type Channel,
  type ChannelUse,
  type ChannelWish,
  chooseChannel,
  contractOf,
} from './channel.ts'
import { listChannels } from './channels.store.ts'

export interface OpenChannel {
  readonly channel: Channel
  readonly contract: GatewayContract
  /** The same for work that nobody waits for: its calls let others go first. */
  readonly patientContract: GatewayContract
}

export type OpenChannelResult =
  | ({ readonly kind: 'open' } & OpenChannel)
  | { readonly kind: 'none'; readonly message: string }

export interface ChannelOpener {
  /** Chooses by what the request needs and names. */
  choose(owner: MerchantId, use: ChannelUse, wish: ChannelWish): Promise<OpenChannelResult>
  /** The channel a billing key was issued on; a disabled one serves no more. */
  byKey(owner: MerchantId, channelKey: string): Promise<OpenChannelResult>
  /** The channel a payment was taken on. A disabled one takes no more money, but always gives it back. */
  ofPayment(owner: MerchantId, channelKey: string): Promise<OpenChannelResult>
  /** Every channel of the merchant, for GET /users/pg. */
  list(owner: MerchantId): Promise<readonly Channel[]>
}

// A channel disabled on another node still serves here for this long at most.
const rememberMs = 5_000
const rememberedMax = 10_000

interface Remembered {
  readonly untilMs: number
  readonly channels: readonly Channel[]
  readonly contracts: Map<string, OpenChannel>
}

/** The link key in the clear, in memory. Throws when the channel's seal does not open. */
export function openLinkKey(vault: Vault, channel: Channel): Promise<Secret> {
  const { merchantId, channelKey, linkKeySealed } = channel
  return vault.open(merchantId, linkKeyPurpose, channelKey, linkKeySealed)
}

/** What fetching the channel's daily files needs; null where they are not to be had. */
export async function openReportContract(
  vault: Vault,
  { merchantId, channelKey, pgId, reportBaseUrl, reportPasswordSealed }: Channel,
): Promise<ReportContract | null> {
  if (reportBaseUrl === null || reportPasswordSealed === null) return null
  const password = await vault.open(
    merchantId,
    reportPasswordPurpose,
    channelKey,
    reportPasswordSealed,
  )
  return { contractId: pgId, baseUrl: reportBaseUrl, password }
}

export function createChannelOpener(deps: {
  readonly db: Queryable
  readonly vault: Vault
  readonly clock: Clock
  readonly gates: RateGates
}): ChannelOpener {
  const remembered = new Map<MerchantId, Remembered>()

  async function recall(owner: MerchantId): Promise<Remembered> {
    const nowMs = deps.clock.now()
    const known = remembered.get(owner)
    if (known !== undefined && known.untilMs > nowMs) return known
    const channels = await listChannels(deps.db, owner)
    const fresh = { channels, untilMs: nowMs + rememberMs, contracts: new Map() }
    if (remembered.size >= rememberedMax) remembered.clear()
    remembered.set(owner, fresh)
    return fresh
  }

  async function open(memory: Remembered, channel: Channel): Promise<OpenChannelResult> {
    const known = memory.contracts.get(channel.channelKey)
    if (known !== undefined) return { kind: 'open', ...known }
    const linkKey = await openLinkKey(deps.vault, channel)
    const opened = {
      channel,
      contract: contractOf(channel, linkKey, deps.gates.gateFor(channel, 'interactive')),
      patientContract: contractOf(channel, linkKey, deps.gates.gateFor(channel, 'scheduled')),
    }
    memory.contracts.set(channel.channelKey, opened)
    return { kind: 'open', ...opened }
  }

  return {
    async choose(owner, use, wish) {
      const memory = await recall(owner)
      const choice = chooseChannel(memory.channels, use, wish)
      return choice.kind === 'none' ? choice : open(memory, choice.channel)
    },
    async byKey(owner, channelKey) {
      const memory = await recall(owner)
      const choice = chooseChannel(memory.channels, 'billing', { channelKey })
      return choice.kind === 'none' ? choice : open(memory, choice.channel)
    },
    async ofPayment(owner, channelKey) {
      const memory = await recall(owner)
      const channel = memory.channels.find((known) => known.channelKey === channelKey)
      if (channel !== undefined) return open(memory, channel)
      return { kind: 'none', message: `등록되지 않은 channel_key입니다. (${channelKey})` }
    },
    async list(owner) {
      return (await recall(owner)).channels
    },
  }
}
