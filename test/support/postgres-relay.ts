// Stands between a program and its PostgreSQL, byte for byte, for whoever wants to listen or to cut.

import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type NetConnectOpts, type Socket } from 'node:net'

export interface PostgresRelay {
  /** The same database by way of the relay. */
  readonly connectionString: string
  cutAll(): void
  close(): Promise<void>
}

/** `pass` is given each connection and hands on what arrives: `near` is the program's side, `far` the server's. */
export async function startPostgresRelay(
  target: string,
  pass: (near: Socket, far: Socket) => void,
): Promise<PostgresRelay> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ ...placeOf(target), noDelay: true })
    pair(near, far, sockets)
    pass(near, far)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { username, password, pathname } = new URL(target)
  const { port } = server.address() as AddressInfo
  const cutAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    connectionString: `postgresql://${username}:${password}@127.0.0.1:${port}${pathname}`,
    cutAll,
    async close() {
      cutAll()
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}

// libpq's spelling: `host` and `port` among the parameters go before those in their usual place, and a host that
// is a path is the directory of a socket.
function placeOf(connectionString: string): NetConnectOpts {
  const { hostname, port, searchParams } = new URL(connectionString)
  const host = searchParams.get('host') ?? hostname
  const portOrUsual = Number(searchParams.get('port') ?? (port === '' ? '5432' : port))
  if (host.startsWith('/')) return { path: `${host}/.s.PGSQL.${portOrUsual}` }
  return { host, port: portOrUsual }
}

function pair(near: Socket, far: Socket, sockets: Set<Socket>): void {
  for (const [socket, other] of [
    [near, far],
    [far, near],
  ] as const) {
    sockets.add(socket)
    socket.on('error', () => undefined) // 'close' follows.
    socket.on('close', () => {
      sockets.delete(socket)
      other.destroy()
    })
  }
}
