// What an IP address leads to. Anything that is not plainly the public internet has a name here; IPv6 forms that
// carry an IPv4 address are judged by the address they carry. Source: the IANA special-purpose address registries
// (RFC 6890 and its updates), and the metadata addresses of cloud providers.

import { isIP } from 'node:net'

export type AddressKind =
  | 'public'
  | 'loopback'
  | 'private'
  | 'link_local'
  | 'metadata'
  | 'multicast'
  | 'reserved'

/** An address as a number of `bits` bits. */
export interface IpAddress {
  readonly bits: 32 | 128
  readonly value: bigint
}

export interface AddressRange extends IpAddress {
  readonly prefixLength: number
}

/** Reads the dotted form of IPv4 and every form of IPv6 but one with a zone. Null for anything else. */
export function parseAddress(text: string): IpAddress | null {
  const version = isIP(text)
  if (version === 0 || text.includes('%')) return null
  if (version === 4) return { bits: 32, value: ofDotted(text) }
  const [head = '', tail] = text.split('::')
  const front = groupsOf(head)
  const back = tail === undefined ? [] : groupsOf(tail)
  const missing = Array<bigint>(8 - front.length - back.length).fill(0n)
  const groups = [...front, ...missing, ...back]
  return { bits: 128, value: groups.reduce((value, group) => (value << 16n) | group, 0n) }
}

function groupsOf(text: string): bigint[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [BigInt(`0x${group}`)]
    const dotted = ofDotted(group)
    return [dotted >> 16n, dotted & 0xffffn]
  })
}

function ofDotted(text: string): bigint {
  return text.split('.').reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
}

/** `address/length`, or an address alone. Null when it is neither. */
export function parseRange(text: string): AddressRange | null {
  const [addressText = '', lengthText] = text.split('/')
  const address = parseAddress(addressText)
  if (address === null) return null
  if (lengthText === undefined) return { ...address, prefixLength: address.bits }
  const prefixLength = Number(lengthText)
  const isLength = /^\d{1,3}$/.test(lengthText) && prefixLength <= address.bits
  return isLength && text.split('/').length === 2 ? { ...address, prefixLength } : null
}

export function isWithin(address: IpAddress, range: AddressRange): boolean {
  if (address.bits !== range.bits) return false
  const rest = BigInt(range.bits - range.prefixLength)
  return address.value >> rest === range.value >> rest
}

/** The first row that holds the address decides. */
const kinds: readonly (readonly [range: AddressRange, kind: AddressKind])[] = (
  [
    // Metadata services. Most are link-local or private as well; Azure's is a public address.
    ['169.254.169.254/32', 'metadata'],
    ['169.254.170.2/32', 'metadata'], // AWS ECS credentials.
    ['169.254.170.23/32', 'metadata'], // AWS EKS pod identity.
    ['100.100.100.200/32', 'metadata'], // Alibaba Cloud.
    ['192.0.0.192/32', 'metadata'], // Oracle Cloud.
    ['168.63.129.16/32', 'metadata'], // Azure's host agent.
    ['fd00:ec2::/32', 'metadata'], // AWS over IPv6.
    ['fd20:ce::254/128', 'metadata'], // Google Cloud over IPv6.

    ['0.0.0.0/8', 'reserved'], // "This network": 0.0.0.0 reaches this very machine.
    ['10.0.0.0/8', 'private'],
    ['100.64.0.0/10', 'private'], // Shared space behind carrier-grade NAT.
    ['127.0.0.0/8', 'loopback'],
    ['169.254.0.0/16', 'link_local'],
    ['172.16.0.0/12', 'private'],
    ['192.0.0.0/24', 'reserved'],
    ['192.0.2.0/24', 'reserved'], // Documentation.
    ['192.88.99.0/24', 'reserved'], // 6to4 relays, deprecated.
    ['192.168.0.0/16', 'private'],
    ['198.18.0.0/15', 'reserved'], // Benchmarks of network devices.
    ['198.51.100.0/24', 'reserved'], // Documentation.
    ['203.0.113.0/24', 'reserved'], // Documentation.
    ['224.0.0.0/4', 'multicast'],
    ['240.0.0.0/4', 'reserved'], // The future, and broadcast.
    ['0.0.0.0/0', 'public'],

    ['::/128', 'reserved'],
    ['::1/128', 'loopback'],
    ['fe80::/10', 'link_local'],
    ['fec0::/10', 'private'], // Site-local, deprecated but still routed inside.
    ['fc00::/7', 'private'],
    ['ff00::/8', 'multicast'],
    ['64:ff9b:1::/48', 'private'], // NAT64 of a local network: what it maps to is not known here.
    ['2001::/23', 'reserved'], // Protocol assignments; Teredo tunnels among them.
    ['2001:db8::/32', 'reserved'], // Documentation.
    ['2002::/16', 'reserved'], // 6to4, deprecated: a tunnel to any IPv4 address.
    ['3fff::/20', 'reserved'], // Documentation.
    ['2000::/3', 'public'], // All the global unicast there is.
    ['::/0', 'reserved'],
  ] as const
).map(([text, kind]) => [rangeOf(text), kind])

function rangeOf(text: string): AddressRange {
  const range = parseRange(text)
  if (range === null) throw new TypeError(`${text} is no address range`)
  return range
}

const mapped = rangeOf('::ffff:0:0/96')
// NAT64: the operator's translator sends it on to the IPv4 address in it.
const nat64 = rangeOf('64:ff9b::/96')
// Deprecated forms; nothing public answers there.
const compatible = rangeOf('::/96')
const translated = rangeOf('::ffff:0:0:0/96')
// ISATAP: interface identifiers 0000:5efe and 0200:5efe carry an IPv4 address.
const isatapMarks: ReadonlySet<bigint> = new Set([0x0000_5efen, 0x0200_5efen])

/** The IPv4 address that an IPv6 address leads to, when it says so. */
export function embeddedAddress(address: IpAddress): IpAddress | null {
  if (address.bits === 32) return null
  const isCarrier =
    [mapped, nat64, translated].some((range) => isWithin(address, range)) ||
    // `::` and `::1` are addresses of their own.
    (isWithin(address, compatible) && address.value > 1n) ||
    isatapMarks.has((address.value >> 32n) & 0xffff_ffffn)
  return isCarrier ? { bits: 32, value: address.value & 0xffff_ffffn } : null
}

export function classifyAddress(address: IpAddress): AddressKind {
  const embedded = embeddedAddress(address)
  const inner = embedded === null ? 'public' : classifyPlain(embedded)
  if (inner !== 'public') return inner
  const isTransparent = isWithin(address, mapped) || isWithin(address, nat64)
  return isTransparent ? 'public' : classifyPlain(address)
}

function classifyPlain(address: IpAddress): AddressKind {
  return kinds.find(([range]) => isWithin(address, range))?.[1] ?? 'reserved'
}
