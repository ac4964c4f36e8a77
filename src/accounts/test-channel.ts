// Proves a channel's settings against the gateway's ready step, for every method the contract allows.
// The ready step moves no money.

import type { ExchangeRecord, Gateway, ProbeOutcome } from '../gateways/gateway.ts'
import type { Vault } from '../vault/vault.ts'
import { type Channel, contractOf } from './channel.ts'
import { openLinkKey } from './open-channel.ts'

export interface ChannelProof {
  /** PAYMETHOD. */
  readonly method: string
  readonly outcome: ProbeOutcome
  readonly exchange: ExchangeRecord
}

export async function testChannel(
  { vault, gateway }: { readonly vault: Vault; readonly gateway: Gateway },
  channel: Channel,
): Promise<ChannelProof[]> {
  const answers = await gateway.probe(contractOf(channel, await openLinkKey(vault, channel), null))
  return answers.map(({ outcome, exchange }) => ({ method: exchange.method, outcome, exchange }))
}
