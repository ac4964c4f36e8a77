// How many answers a connection still owes. A client may send a request while the one before is being answered
// (pipelining), and Node begins with it at once; closing the connection after the first answer would lose the second.

import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Watches the server from now on; gives the number of answers a connection owes, the present one included. */
export function watchAnswersDue(server: Server): (socket: Socket) => number {
  const due = new WeakMap<Socket, number>()
  const change = (socket: Socket, by: number) => due.set(socket, (due.get(socket) ?? 0) + by)
  server.on('request', ({ socket }, response: ServerResponse) => {
    change(socket, 1)
    response.once('close', () => change(socket, -1))
  })
  return (socket) => due.get(socket) ?? 0
}
