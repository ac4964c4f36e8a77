// Keeps outbound requests from being turned against the inside. A URL is judged by every address its host
// resolves to, and the request may only connect to the addresses that were judged: a name that resolves
// differently a moment later (DNS rebinding) changes nothing. Redirects are never followed.

import type { LookupAddress } from 'node:dns'

import { StartupError } from '../primitives/startup-error.ts'
import {
  type AddressKind,
  type AddressRange,
  classifyAddress,
  embeddedAddress,
  type IpAddress,
  isWithin,
  parseAddress,
  parseRange,
} from './ip-address.ts'
import { resolveHost, resolveWithSystem } from './resolve-host.ts'

export interface OutboundGuard {
  /** `sandbox`: the request is about the sandbox, whose receivers may be on the machine that runs it. */
  check(url: string, about: { readonly sandbox: boolean }): Promise<GuardRuling>
}

export type GuardRuling =
  | {
      readonly kind: 'allowed'
      readonly url: URL
      /** The URL's host, as it is to be proved by TLS. */
      readonly host: string
      /** The only addresses to connect to. */
      readonly addresses: readonly LookupAddress[]
    }
  | Refusal

export interface Refusal {
  readonly kind: 'refused'
  /** `bad_url` never gets better by itself; the others may. */
  readonly cause: 'bad_url' | 'unresolvable' | 'inside'
  readonly message: string
}

export interface GuardOptions {
  /** Host names, addresses and CIDR ranges that are allowed whatever they are. */
  readonly allow: readonly string[]
  /** True for `billkey sandbox`: what is about the sandbox may go to loopback and private addresses. */
  readonly allowsInsideForSandbox: boolean
  /** Stands in for DNS. Rejects, or gives none, when the name is not known. */
  readonly resolve?: (host: string) => Promise<readonly string[]>
}

/** V1's widest: what fits the notice_url field. */
const urlLengthMax = 2000

export function createOutboundGuard(options: GuardOptions): OutboundGuard {
  const allowed = parseAllowList(options.allow)
  // The operator's own names may stand in /etc/hosts, as may a container's in a sandbox.
  const resolveFor = (host: string): Promise<readonly string[]> => {
    if (options.resolve !== undefined) return options.resolve(host)
    const isTrusted = options.allowsInsideForSandbox || allowed.hosts.has(host)
    return isTrusted ? resolveWithSystem(host) : resolveHost(host)
  }
  return {
    async check(text, { sandbox }) {
      const parsed = parseOutboundUrl(text)
      if (parsed.kind === 'refused') return parsed
      const { url, host } = parsed
      const literal = parseAddress(host)
      const found = literal === null ? await tryResolve(resolveFor, host) : [host]
      if (found.length === 0) return refused('unresolvable', `${host} does not resolve`)
      const mayGoInside = options.allowsInsideForSandbox && sandbox
      const isHostAllowed = allowed.hosts.has(host)
      for (const address of found) {
        const fault = faultOf(address, { allowed, isHostAllowed, mayGoInside })
        if (fault !== undefined) return refused('inside', `${host} is refused: ${fault}`)
      }
      const addresses = found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
      return { kind: 'allowed', url, host, addresses }
    },
  }
}

async function tryResolve(
  resolve: (host: string) => Promise<readonly string[]>,
  host: string,
): Promise<readonly string[]> {
  return resolve(host).catch(() => [])
}

/** The URL's own faults, and its host as a name in lower case or an address without brackets. */
export function parseOutboundUrl(
  text: string,
): Refusal | { readonly kind: 'parsed'; readonly url: URL; readonly host: string } {
  // The parser turns every spelling of an IPv4 address (octal, hexadecimal, one number) into the dotted one.
  const url = text.length <= urlLengthMax ? URL.parse(text) : null
  if (url === null) return refused('bad_url', 'not a URL, or longer than 2000 characters')
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return refused('bad_url', `${url.protocol} is neither http: nor https:`)
  if (url.username !== '' || url.password !== '')
    return refused('bad_url', 'a URL with credentials in it')
  if (url.port === '0') return refused('bad_url', 'port 0')
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
  return host === '' ? refused('bad_url', 'no host') : { kind: 'parsed', url, host }
}

function refused(cause: Refusal['cause'], message: string): Refusal {
  return { kind: 'refused', cause, message }
}

interface AllowList {
  readonly hosts: ReadonlySet<string>
  readonly ranges: readonly AddressRange[]
}

function parseAllowList(entries: readonly string[]): AllowList {
  const hosts = new Set<string>()
  const ranges: AddressRange[] = []
  for (const entry of entries) {
    const range = parseRange(entry)
    const host = URL.parse(`http://${entry}/`)?.hostname
    if (range !== null) ranges.push(range)
    else if (host !== undefined && !/[/:@]/.test(entry)) hosts.add(host.replace(/\.$/, ''))
    else {
      throw new StartupError(
        'bad_configuration',
        `BILLKEY_WEBHOOK_ALLOW: '${entry}' is no host name, address or CIDR range`,
      )
    }
  }
  return { hosts, ranges }
}

interface Permission {
  readonly allowed: AllowList
  readonly isHostAllowed: boolean
  readonly mayGoInside: boolean
}

const insideOfSandbox: ReadonlySet<AddressKind> = new Set(['loopback', 'private'])

function faultOf(text: string, permission: Permission): string | undefined {
  const address = parseAddress(text)
  if (address === null) return `'${text}' is no address`
  const kind = classifyAddress(address)
  if (kind === 'public') return undefined
  // A range that happens to contain a metadata service was not meant to open it.
  const isMeant = (range: AddressRange) => kind !== 'metadata' || range.prefixLength === range.bits
  const isInAllowed = (candidate: IpAddress | null) =>
    candidate !== null &&
    permission.allowed.ranges.some((range) => isMeant(range) && isWithin(candidate, range))
  if (isInAllowed(address) || isInAllowed(embeddedAddress(address))) return undefined
  if (permission.isHostAllowed && kind !== 'metadata') return undefined
  if (permission.mayGoInside && insideOfSandbox.has(kind)) return undefined
  return `${text} is a ${kind.replace('_', '-')} address`
}
