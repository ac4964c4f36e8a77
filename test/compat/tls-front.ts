// Stands where api.iamport.kr would stand for a client that knows no other address: a proxy that every CONNECT
// reaches, a certificate for that name made on the spot, and behind both the server under test. The client runs
// unmodified, and no packet leaves this machine.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { getCACertificates, setDefaultCACertificates, TLSSocket } from 'node:tls'

import { makeTestCertificate } from '../support/test-certificate.ts'

export interface TlsFront {
  /** Names that clients asked to be connected to. */
  readonly asked: ReadonlySet<string>
  close(): Promise<void>
}

/**
 * Sends this process's HTTPS through itself to the server at `url`, by HTTPS_PROXY and one more trusted certificate;
 * both end with `close`. Other requests of this process are plain HTTP and stay as they are.
 */
export async function standInFor(host: string, url: string): Promise<TlsFront> {
  const { cert, key } = makeTestCertificate(host)
  const asked = new Set<string>()
  const open = new Set<Duplex>()
  const behind = Number(new URL(url).port)
  const proxy = createServer()
  proxy.on('connect', ({ url: target }, socket: Socket) => {
    asked.add(String(target))
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    const plain = new TLSSocket(socket, { isServer: true, cert, key })
    const server = connect(behind, '127.0.0.1')
    for (const end of [plain, server]) {
      open.add(end)
      end.on('error', () => end.destroy()).on('close', () => open.delete(end))
    }
    plain.pipe(server).pipe(plain)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const { port } = proxy.address() as AddressInfo
  const trusted = getCACertificates('default')
  setDefaultCACertificates([...trusted, cert])
  const proxyBefore = process.env['HTTPS_PROXY']
  process.env['HTTPS_PROXY'] = `http://127.0.0.1:${port}`
  return {
    asked,
    async close() {
      if (proxyBefore === undefined) delete process.env['HTTPS_PROXY']
      else process.env['HTTPS_PROXY'] = proxyBefore
      setDefaultCACertificates(trusted)
      for (const end of open) end.destroy()
      const closed = once(proxy, 'close')
      proxy.close()
      await closed
    },
  }
}
