// Where the execute request, with the link key in its header, may go: only to https hosts of the allow-list.
// Plain http is for a simulator on this machine, and only when switched on.

export interface UrlRules {
  /** Host suffixes (`payjoa.co.kr` also allows `api.payjoa.co.kr`), or an exact `host:port`. */
  readonly returnUrlHosts: readonly string[]
  readonly allowPlainHttp: boolean
}

const urlLengthMax = 2048

/**
 * RETURNURL as a URL; null when the key must not be sent there. The origin that has just answered the ready step
 * has the key already, so it is allowed without standing in the list.
 */
export function allowedReturnUrl(text: string, rules: UrlRules, readyUrl?: URL): URL | null {
  const url = safeUrl(text, rules)
  if (url === null) return null
  if (url.origin === readyUrl?.origin) return url
  return rules.returnUrlHosts.some((allowed) => isHostAllowed(url, allowed)) ? url : null
}

/** The address of the ready step; null when the channel's base URL is not one to send a key to. */
export function readyUrlOf(baseUrl: string, rules: UrlRules): URL | null {
  const base = safeUrl(baseUrl, rules)
  if (base === null || base.search !== '') return null
  const ready = new URL(base)
  ready.pathname = `${base.pathname.replace(/\/+$/, '')}/pay/ready`
  return ready
}

/** A URL that a secret may travel to by its scheme; null for any other. */
export function safeUrl(text: string, rules: UrlRules): URL | null {
  if (text.length > urlLengthMax || !URL.canParse(text)) return null
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return null
  if (url.protocol === 'https:') return url
  const isPlainAllowed = rules.allowPlainHttp && isLoopback(url.hostname)
  return url.protocol === 'http:' && isPlainAllowed ? url : null
}

// A suffix allows the standard port only: the allow-list names hosts of the PG, not every service on them.
function isHostAllowed(url: URL, allowed: string): boolean {
  const host = allowed.toLowerCase().replace(/^\.+/, '')
  if (host === '') return false
  if (/:\d+$/.test(host)) return url.host === host || `${url.host}:${standardPort(url)}` === host
  return url.port === '' && (url.hostname === host || url.hostname.endsWith(`.${host}`))
}

function standardPort(url: URL): string {
  if (url.port !== '') return ''
  return url.protocol === 'https:' ? '443' : '80'
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}
