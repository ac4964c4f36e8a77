// What every answer tells browsers and proxies, also those that no route gave. A page that needs more than nothing, such
// as /docs, says so itself; so does a static file about its caching.

export type SecurityHeaders = Readonly<Record<string, string>>

const daySeconds = 86_400

/** `hstsDays`: above 0 only where every caller arrives over TLS; a browser then refuses plain HTTP for so long. */
export function securityHeaders(hstsDays: number): SecurityHeaders {
  return {
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    // An answer is data. Opened as a page, it may run nothing, load nothing and be framed by nobody.
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    ...(hstsDays > 0 && { 'strict-transport-security': `max-age=${hstsDays * daySeconds}` }),
  }
}
