// A `+` in the path is a space: Ruby clients escape path parts with CGI.escape and .NET ones with UrlEncode.
// The router knows it only in queries, so the target is repaired before it is routed.

/** `%2B` stays a plus sign, and the query is left to the form parser. */
export function repairTarget(target: string): string {
  const plusAt = target.indexOf('+')
  if (plusAt === -1) return target
  const queryAt = target.indexOf('?')
  if (queryAt === -1) return target.replaceAll('+', '%20')
  if (queryAt < plusAt) return target
  return target.slice(0, queryAt).replaceAll('+', '%20') + target.slice(queryAt)
}
