// Kept-alive connections, a bounded number per host, lent to one call at a time. The call's ready and execute
// steps travel on the same one: a socket that has answered a moment ago is not the stale socket whose close
// would make an execute step unknown. Only the harmless ready step ever tries an old one.

import type { Client } from 'undici'

import { undici } from './undici.ts'

export interface ConnectionOptions {
  readonly connectMs: number
  readonly connectionsPerHost: number
}

export interface Connection {
  readonly kind: 'connection'
  readonly origin: string
  client: Client
}

export type Borrowed = Connection | { readonly kind: 'busy' } | { readonly kind: 'stopped' }

export interface Connections {
  /** Waits for a free connection as long as for connecting; opens nothing by itself. */
  borrow(origin: string): Promise<Borrowed>
  /** Puts a fresh connection in the place of one that failed. */
  renew(connection: Connection): void
  giveBack(connection: Connection): void
  /** A connection outside the bound, for the length of one request; the caller destroys it. */
  open(origin: string): Client
  isClosed(): boolean
  /** Refuses new loans, waits for those that are out, closes everything. */
  close(): Promise<void>
}

interface Host {
  readonly idle: Client[]
  lent: number
  readonly waiting: ((borrowed: Borrowed) => void)[]
}

/** Idle sockets are dropped after this, well before a server's usual five seconds and up. */
const keepAliveMs = 4_000

export function createConnections(options: ConnectionOptions): Connections {
  const hosts = new Map<string, Host>()
  const idleWaiters: (() => void)[] = []
  let isClosed = false

  const hostOf = (origin: string): Host => {
    const host = hosts.get(origin) ?? { idle: [], lent: 0, waiting: [] }
    hosts.set(origin, host)
    return host
  }
  const lend = (origin: string, host: Host): Connection => {
    host.lent += 1
    const client = host.idle.pop() ?? openClient(origin, options)
    return { kind: 'connection', origin, client }
  }

  return {
    borrow: (origin) => {
      if (isClosed) return Promise.resolve({ kind: 'stopped' })
      const host = hostOf(origin)
      if (host.lent < options.connectionsPerHost) return Promise.resolve(lend(origin, host))
      return queued(host, options.connectMs)
    },
    renew: (connection) => {
      discard(connection.client)
      connection.client = openClient(connection.origin, options)
    },
    giveBack: (connection) => {
      const host = hostOf(connection.origin)
      host.lent -= 1
      if (isClosed) discard(connection.client)
      else host.idle.push(connection.client)
      const next = host.waiting.shift()
      if (next !== undefined) next(lend(connection.origin, host))
      if ([...hosts.values()].every(({ lent }) => lent === 0)) {
        for (const done of idleWaiters.splice(0)) done()
      }
    },
    open: (origin) => openClient(origin, options),
    isClosed: () => isClosed,
    close: async () => {
      isClosed = true
      for (const host of hosts.values()) {
        for (const refuse of host.waiting.splice(0)) refuse({ kind: 'stopped' })
        for (const client of host.idle.splice(0)) discard(client)
      }
      if ([...hosts.values()].some(({ lent }) => lent > 0)) {
        await new Promise<void>((resolve) => idleWaiters.push(resolve))
      }
    },
  }
}

function queued(host: Host, waitMs: number): Promise<Borrowed> {
  return new Promise((resolve) => {
    const served = (borrowed: Borrowed): void => {
      clearTimeout(timer)
      resolve(borrowed)
    }
    const timer = setTimeout(() => {
      host.waiting.splice(host.waiting.indexOf(served), 1)
      resolve({ kind: 'busy' })
    }, waitMs)
    host.waiting.push(served)
  })
}

// One socket per client, one request on it at a time, HTTP/1.1 only: the proof in post-once.ts was made for
// that path. undici's own time limits are off, since post-once.ts keeps one for the whole exchange; TLS is
// verified even where NODE_TLS_REJECT_UNAUTHORIZED says otherwise.
function openClient(origin: string, options: ConnectionOptions): Client {
  const { Client: Opened } = undici()
  return new Opened(origin, {
    pipelining: 1,
    allowH2: false,
    connect: { timeout: options.connectMs, rejectUnauthorized: true },
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    headersTimeout: 0,
    bodyTimeout: 0,
  })
}

/** Closes a client at once. Nothing is running on it that anybody still waits for. */
export function discard(client: Client): void {
  client.destroy(() => {})
}
