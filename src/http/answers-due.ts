// The answers a connection still owes, in the order they leave. A client may send a request while the one before is
// being answered (pipelining), and Node begins with it at once: whoever closes a connection or writes to it by hand
// has to know what is still to come.

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

const dueBySocket = new WeakMap<Socket, Map<ServerResponse, IncomingMessage>>()

/** Remembers what is not answered yet. Call once, before the server listens. */
export function watchAnswers(server: Server): void {
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const due = dueBySocket.get(request.socket) ?? new Map<ServerResponse, IncomingMessage>()
    dueBySocket.set(request.socket, due)
    due.set(response, request)
    response.once('close', () => due.delete(response))
  })
}

/** How many answers the connection owes, the one that is being given included. */
export function countAnswersDue(socket: Socket): number {
  return dueBySocket.get(socket)?.size ?? 0
}

/** The answer to the last request that arrived whole; a broken one is not whole. */
export function lastAwaitedAnswer(socket: Socket): ServerResponse | undefined {
  return [...(dueBySocket.get(socket) ?? [])].findLast(([, request]) => request.complete)?.[0]
}
