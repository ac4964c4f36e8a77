// Which methods a path knows, for 405 and OPTIONS. The router only says that nothing matched; this is asked
// after that, never on the way to a route.

import type { FastifyInstance } from 'fastify'

interface KnownPath {
  readonly pattern: RegExp
  readonly methods: Set<string>
}

/** Watches routes being registered; the answer is sorted, and empty for an unknown path. */
export function watchRoutes(app: FastifyInstance): (path: string) => string[] {
  const known = new Map<string, KnownPath>()
  app.addHook('onRoute', ({ url, method }) => {
    // A catch-all, such as the console's files, would make every unknown path a wrong method.
    if (url.includes('*')) return
    const entry = known.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() }
    for (const name of [method].flat()) entry.methods.add(name)
    known.set(url, entry)
  })
  return (path) => {
    const methods = new Set<string>()
    for (const entry of known.values()) {
      if (entry.pattern.test(path)) for (const name of entry.methods) methods.add(name)
    }
    return [...methods].sort()
  }
}

function patternOf(url: string): RegExp {
  const segments = url.split('/').filter((segment) => segment !== '')
  const source = segments.map((segment) => {
    if (!segment.startsWith(':'))
      return `/+${segment.replaceAll(/[.+*?^$(){}|[\]\\]/g, String.raw`\$&`)}`
    return segment.endsWith('?') ? '(?:/+[^/]+)?' : '/+[^/]+'
  })
  return new RegExp(`^${source.join('')}/*$`)
}
