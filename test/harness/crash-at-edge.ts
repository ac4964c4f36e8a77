// Loaded into a node before billkey (`node --import`): ends its own process with SIGKILL at the n-th passage of a named
// edge, counted once it has lived for so long. Edges are what can be observed from outside the code: a statement about to be sent or just answered, a
// request to the gateway or to a shop on its way or just answered. So the code under test knows nothing of this.

import { subscribe } from 'node:diagnostics_channel'
import { writeSync } from 'node:fs'

import { Client } from 'pg'

import { diedAtMark } from './processes.ts'

const [, edge = '', passage = '1', lifeMs = '0'] =
  /^(.*)#(\d+)@(\d+)$/.exec(process.env['CRASH_AT'] ?? '') ?? []
let left = Number(passage)

function passed(name: string): void {
  if (name !== edge || performance.now() < Number(lifeMs)) return
  left -= 1
  if (left !== 0) return
  // The harness tells a death at an edge from one by another hand.
  writeSync(1, `${diedAtMark}${name}\n`)
  process.kill(process.pid, 'SIGKILL')
}

type AnyQuery = (...given: unknown[]) => unknown
const prototype = Client.prototype as unknown as { query: AnyQuery }
const original = prototype.query

prototype.query = function query(this: Client, ...given: unknown[]): unknown {
  const name = (given[0] as { name?: string } | null)?.name
  if (name === undefined) return original.apply(this, given)
  passed(`before ${name}`)
  const result = original.apply(this, given)
  if (result instanceof Promise)
    void result.then(() => passed(`after ${name}`)).catch(() => undefined)
  return result
}

/** What a request to the gateway is, by its path. */
function nameOf({ path }: { readonly path: string }): string {
  if (path.startsWith('/pay/ready')) return 'ready'
  return path.startsWith('/pay/') ? 'execute' : 'report'
}

interface RequestMessage {
  readonly request: { readonly path: string }
}

subscribe('undici:client:sendHeaders', (message) =>
  passed(`sending ${nameOf((message as RequestMessage).request)}`),
)
subscribe('undici:request:bodySent', (message) =>
  passed(`sent ${nameOf((message as RequestMessage).request)}`),
)
subscribe('undici:request:headers', (message) =>
  passed(`answered ${nameOf((message as RequestMessage).request)}`),
)

// Shops are sent to by node:http, which has channels of its own; nothing else is.
subscribe('http.client.request.start', () => passed('sent webhook'))
subscribe('http.client.response.finish', () => passed('answered webhook'))
