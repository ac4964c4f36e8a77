// A notification is believed when it comes from the gateway's own addresses and names the channel's contract. It is
// acknowledged only when what it says stands in the database; until then the gateway sends it again.

import { BlockList, isIP } from 'node:net'

import type { Channel } from '../accounts/channel.ts'
import type { EvidenceSource } from '../gateways/evidence.ts'
import { StartupError } from '../primitives/startup-error.ts'
import {
  applyFact,
  byNotification,
  type FactApplied,
  type FactChannel,
  type FactDependencies,
} from './apply-fact.ts'
import { endWait, findOrderOwner, keepFact, type ToldFact } from './facts.store.ts'

export interface NotificationDependencies extends FactDependencies {
  readonly evidence: EvidenceSource
  readonly observer: FactDependencies['observer'] & {
    notificationAnswered(verdict: NotificationVerdict): void
  }
  readonly sources: NotificationSources
}

export interface ReceivedNotification {
  readonly channel: Pick<
    Channel,
    'merchantId' | 'channelKey' | 'pgId' | 'lateApprovals' | 'baseUrl' | 'sandbox'
  >
  readonly sourceIp: string
  /** As it came, percent-encoded. */
  readonly query: string
}

/** What became of one that arrived. */
export type NotificationVerdict =
  | FactApplied
  | Extract<NotificationResult, { kind: 'refused' }>['reason']
  | 'unknown_channel'
  /** Not acknowledged, so it comes again. */
  | 'broken_off'

export type NotificationResult =
  | { readonly kind: 'taken'; readonly applied: FactApplied }
  /** Not believed, or nothing that could be believed. */
  | {
      readonly kind: 'refused'
      readonly reason: 'foreign_address' | 'foreign_contract' | 'unreadable'
    }

export async function receiveNotification(
  deps: NotificationDependencies,
  { channel, sourceIp, query }: ReceivedNotification,
): Promise<NotificationResult> {
  if (!deps.sources.allows(sourceIp, channel)) return refused('foreign_address')
  const reading = deps.evidence.readNotification(query)
  if (reading.kind === 'unreadable') {
    deps.log.warn(
      { channelKey: channel.channelKey, reason: reading.reason },
      'an unreadable notification',
    )
    return refused('unreadable')
  }
  const { notification } = reading
  if (notification.contractId !== channel.pgId) return refused('foreign_contract')
  const owner = (await findOrderOwner(deps.db, channel, notification.orderNumber)) ?? channel
  return { kind: 'taken', applied: await takeFact(deps, owner, notification) }
}

// Cancels are counted as they were kept, so they are kept first; an approval only where there is more to do.
async function takeFact(
  deps: FactDependencies,
  owner: FactChannel,
  fact: ToldFact,
): Promise<FactApplied> {
  const source = byNotification.name
  const keep = (waits: boolean) =>
    keepFact(deps.db, owner, fact, { source, waits, nowMs: deps.clock.now() })
  if (fact.kind === 'cancel') {
    await keep(true)
    const applied = await applyFact(deps, owner, fact, byNotification)
    if (applied !== 'waits') await endWait(deps.db, owner, fact, source)
    return applied
  }
  const applied = await applyFact(deps, owner, fact, byNotification)
  if (applied !== 'known') await keep(applied === 'waits')
  return applied
}

function refused(
  reason: Extract<NotificationResult, { kind: 'refused' }>['reason'],
): NotificationResult {
  return { kind: 'refused', reason }
}

export interface NotificationSources {
  /** False: no channel takes anything from there, so nothing need be looked up. */
  mayAllow(ip: string): boolean
  /**
   * Loopback only for a sandbox channel whose gateway is on this machine: behind a proxy that nobody named as trusted,
   * every caller comes from there. For no channel at all: true only for the gateway's own addresses.
   */
  allows(ip: string, channel: Pick<Channel, 'baseUrl' | 'sandbox'> | undefined): boolean
}

/** `allowed`: addresses, or ranges like `27.102.213.200/29`. Throws for what is neither. */
export function createNotificationSources(allowed: readonly string[]): NotificationSources {
  const list = new BlockList()
  for (const entry of allowed) addTo(list, entry)
  const loopback = new BlockList()
  loopback.addSubnet('127.0.0.0', 8)
  loopback.addAddress('::1', 'ipv6')
  const isIn = (addresses: BlockList, ip: string) =>
    isIP(ip) !== 0 && addresses.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4')
  return {
    mayAllow: (ip) => isIn(list, ip) || isIn(loopback, ip),
    allows(ip, channel) {
      if (isIn(list, ip)) return true
      if (channel?.sandbox !== true) return false
      const host = URL.parse(channel.baseUrl)?.hostname.replace(/^\[|\]$/g, '') ?? ''
      return (host === 'localhost' || isIn(loopback, host)) && isIn(loopback, ip)
    },
  }
}

function addTo(list: BlockList, entry: string): void {
  const [address = '', bits] = entry.split('/')
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  const isRange =
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 'ipv6' ? 128 : 32))
  if (isIP(address) === 0 || !isRange) {
    throw new StartupError(
      'bad_configuration',
      `BILLKEY_PAYJOA_NOTIFICATION_SOURCES: '${entry}' is no address and no CIDR range`,
    )
  }
  if (bits === undefined) list.addAddress(address, family)
  else list.addSubnet(address, Number(bits), family)
}
