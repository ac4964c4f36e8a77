// Changes what may be changed of a channel: its name, its rules, its rate cap, its link key. What the contract is
// (CPID, methods, tax, route) is not changed but added anew, since payments and billing keys were made under it.

import type { Secret } from '../primitives/secret.ts'
import { type ChannelDependencies, faultOfLinkKey, linkKeyPurpose } from './add-channel.ts'
import type { Channel } from './channel.ts'
import {
  type ChannelChanges,
  clearDefaultChannel,
  lockChannel,
  updateChannel,
} from './channels.store.ts'

export interface WantedChanges extends Omit<ChannelChanges, 'linkKeySealed'> {
  readonly linkKey?: Secret | undefined
}

export type ChangeChannelResult =
  | { readonly kind: 'changed'; readonly channel: Channel }
  | { readonly kind: 'refused'; readonly message: string }

/** `actor`: who does it, for the audit trail: `cli:<user>`. A running server knows within five seconds. */
export async function changeChannel(
  { db, vault, clock, uuid }: ChannelDependencies,
  place: Pick<Channel, 'merchantId' | 'channelKey'>,
  { linkKey, ...wanted }: WantedChanges,
  actor: string,
): Promise<ChangeChannelResult> {
  if (wanted.name?.trim() === '') return { kind: 'refused', message: 'the name is empty' }
  const { merchantId, channelKey } = place
  let linkKeySealed: Buffer | undefined
  if (linkKey !== undefined) {
    const fault = faultOfLinkKey(linkKey)
    if (fault !== undefined) return { kind: 'refused', message: fault }
    linkKeySealed = await vault.seal(merchantId, linkKeyPurpose, channelKey, linkKey)
  }
  const act = { eventId: uuid(), actor, atMs: clock.now() }
  return db.transaction(async (tx) => {
    if (!(await lockChannel(tx, place))) {
      return { kind: 'refused', message: 'the channel is disabled: add it anew' }
    }
    if (wanted.makeDefault === true) await clearDefaultChannel(tx, merchantId)
    const channel = await updateChannel(tx, place, { ...wanted, linkKeySealed }, act)
    return { kind: 'changed', channel }
  })
}
