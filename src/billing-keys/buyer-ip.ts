// IPADDRESS of the wire: the buyer's IPv4 address.

import { isIPv4 } from 'node:net'

// Accepted live where the buyer's address is not known (wire facts §6, IPADDRESS).
const unknownIp = '0.0.0.0'

/** V1's browser_ip, else the caller's own address; the wire has no room for IPv6. */
export function buyerIpOf(browserIp: string | undefined, clientIp: string): string {
  return [browserIp, clientIp].find((ip) => ip !== undefined && isIPv4(ip)) ?? unknownIp
}
