// A notification is believed when it comes from the gateway's own addresses and names the channel's contract. It is
// acknowledged only when what it says stands in the database; until then the gateway sends it again.

import { BlockList, isIP } from 'node:net'

import type { Channel } from '../accounts/channel.ts'
import type { EvidenceSource } from '../gateways/evidence.ts'
import { applyFact, type FactApplied, type FactDependencies } from './apply-fact.ts'
import { keepFact } from './facts.store.ts'

export interface NotificationDependencies extends FactDependencies {
  readonly evidence: EvidenceSource
  readonly sources: NotificationSources
}

export interface ReceivedNotification {
  readonly channel: Pick<
    Channel,
    'merchantId' | 'channelKey' | 'pgId' | 'lateApprovals' | 'baseUrl'
  >
  readonly sourceIp: string
  /** As it came, percent-encoded. */
  readonly query: string
}

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
  if (!deps.sources.allows(sourceIp, channel.baseUrl)) return refused('foreign_address')
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
  // Cancels are counted as they were kept, so they are kept first; an approval only where there is more to do.
  const keep = () => keepFact(deps.db, channel, notification, deps.clock.now())
  if (notification.kind === 'cancel') await keep()
  const source = { name: 'notification', words: 'PAYJOA notification' } as const
  const applied = await applyFact(deps, channel, notification, source)
  if (notification.kind === 'approval' && applied !== 'known') await keep()
  return { kind: 'taken', applied }
}

function refused(
  reason: Extract<NotificationResult, { kind: 'refused' }>['reason'],
): NotificationResult {
  return { kind: 'refused', reason }
}

export interface NotificationSources {
  /** Loopback only for a channel whose gateway is on this machine. */
  allows(ip: string, baseUrl: string): boolean
}

/** `allowed`: addresses, or ranges like `27.102.213.200/29`. */
export function createNotificationSources(allowed: readonly string[]): NotificationSources {
  const list = new BlockList()
  for (const entry of allowed) {
    const [address = '', bits] = entry.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  const loopback = new BlockList()
  loopback.addSubnet('127.0.0.0', 8)
  loopback.addAddress('::1', 'ipv6')
  return {
    allows(ip, baseUrl) {
      const family = isIP(ip) === 6 ? 'ipv6' : 'ipv4'
      if (isIP(ip) === 0) return false
      if (list.check(ip, family)) return true
      const host = URL.parse(baseUrl)?.hostname.replace(/^\[|\]$/g, '') ?? ''
      const isLocalGateway =
        host === 'localhost' ||
        (isIP(host) !== 0 && loopback.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4'))
      return isLocalGateway && loopback.check(ip, family)
    },
  }
}
