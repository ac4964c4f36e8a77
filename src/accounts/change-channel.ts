// Changes what may be changed of a channel: its name, its rules, its rate cap, its link key. What the contract is
// (CPID, methods, tax, route) is not changed but added anew, since payments and billing keys were made under it.

import type { Secret } from '../primitives/secret.ts'
import {
  type ChannelDependencies,
  faultOfLinkKey,
  faultOfReport,
  linkKeyPurpose,
  type ReportAccess,
  sealReport,
} from './add-channel.ts'
import type { Channel } from './channel.ts'
import {
  type ChannelChanges,
  clearDefaultChannel,
  lockChannel,
  updateChannel,
} from './channels.store.ts'

export interface WantedChanges extends Omit<ChannelChanges, 'linkKeySealed' | 'report'> {
  readonly linkKey?: Secret | undefined
  readonly report?: ReportAccess | undefined
}

export type ChangeChannelResult =
  | { readonly kind: 'changed'; readonly channel: Channel }
  | { readonly kind: 'refused'; readonly message: string }

/** `actor`: who does it, for the audit trail: `cli:<user>`. A running server knows within five seconds. */
export async function changeChannel(
  { db, vault, clock, uuid }: ChannelDependencies,
  place: Pick<Channel, 'merchantId' | 'channelKey'>,
  { linkKey, report: access, ...wanted }: WantedChanges,
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
  const badReport = faultOfReport(access ?? null)
  if (badReport !== undefined) return { kind: 'refused', message: badReport }
  const report = access && (await sealReport(vault, place, access))
  const act = { eventId: uuid(), actor, atMs: clock.now() }
  return db.transaction(async (tx) => {
    if (!(await lockChannel(tx, place))) {
      return { kind: 'refused', message: 'the channel is disabled: add it anew' }
    }
    if (wanted.makeDefault === true) await clearDefaultChannel(tx, merchantId)
    const channel = await updateChannel(tx, place, { ...wanted, linkKeySealed, report }, act)
    return { kind: 'changed', channel }
  })
}
