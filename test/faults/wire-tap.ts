// Sits between billkey and the simulator and listens: which secrets really travelled, and which ones the PG made.
// It can also answer in the PG's place, quoting what it was told, as a careless PG would.

import { once } from 'node:events'
import {
  createServer,
  request as forward,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'

export interface WireTap {
  readonly url: string
  /** Everything that was sent to the PG, headers and bodies. */
  readonly sent: () => string
  /** Every AUTOKEY and TOKEN that the PG handed out. */
  readonly handedOut: () => readonly string[]
  /** Answers the next execute steps itself, one each, with what these make of the request. */
  answerNext(...answers: readonly ((told: Told) => string)[]): void
  close(): Promise<void>
}

/** What a request told the PG. */
export interface Told {
  readonly token: string
  readonly fields: Readonly<Record<string, string>>
  /** Every secret in it, in one text. */
  readonly secrets: string
}

export async function startWireTap(target: string): Promise<WireTap> {
  const sent: string[] = []
  const handedOut = new Set<string>()
  const answers: ((told: Told) => string)[] = []
  const server = createServer((request, response) => {
    void listen(request, response).catch(() => response.destroy())
  })

  async function listen(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await collect(request)
    sent.push(JSON.stringify(request.headers), body.toString('latin1'))
    const answer = request.url === '/pay/ready' ? undefined : answers.shift()
    if (answer !== undefined) {
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
      response.end(answer(toldBy(request, body)))
      return
    }
    const passed = forward(target + (request.url ?? ''), {
      method: request.method,
      headers: request.headers,
    })
    passed.end(body)
    const [reply] = (await once(passed, 'response')) as [IncomingMessage]
    const bytes = await collect(reply)
    for (const [, secret] of bytes.toString('latin1').matchAll(/"(?:AUTOKEY|TOKEN)":"([^"]+)"/g)) {
      // What the PG says in place of a TOKEN when it refuses is no secret.
      if (secret !== undefined && secret !== 'FAIL') handedOut.add(secret)
    }
    response.writeHead(reply.statusCode ?? 502, reply.headers)
    response.end(bytes)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: () => sent.join('\n'),
    handedOut: () => [...handedOut],
    answerNext: (...more) => void answers.push(...more),
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function collect(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function toldBy(request: IncomingMessage, body: Buffer): Told {
  // Latin-1 keeps the bytes apart; only fields in ASCII are looked at.
  const fields = JSON.parse(body.toString('latin1')) as Record<string, string>
  const token = String(request.headers['token'])
  const number = fields['CARDNO'] ?? ''
  const secrets = [
    number,
    number.replaceAll(/(.{4})(?=.)/g, '$1-'),
    fields['EXPIREDT'],
    fields['CARDAUTH'],
    `CARDPASSWORD=${fields['CARDPASSWORD']}`,
    fields['AUTOKEY'],
    request.headers.authorization,
    token,
  ]
  return { token, fields, secrets: secrets.filter(Boolean).join(' / ') }
}
