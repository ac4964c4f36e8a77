// Repairs a request target before it is routed, where clients and the router disagree: a `+` in the path is a
// space (Ruby's CGI.escape, .NET's UrlEncode), and raw UTF-8 bytes stand for their percent-encoding.

const needsRepair = /[+\u0080-\u00ff]/
const rawBytes = /[\u0080-\u00ff]/g

/** `target` as Node gives it: one character per byte. `%2B` stays a plus sign. */
export function repairTarget(target: string): string {
  if (!needsRepair.test(target)) return target
  const queryAt = target.indexOf('?')
  const path = queryAt === -1 ? target : target.slice(0, queryAt)
  const query = queryAt === -1 ? '' : target.slice(queryAt)
  return (path.replaceAll('+', '%20') + query).replaceAll(rawBytes, percentEncoded)
}

function percentEncoded(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).toUpperCase()}`
}
