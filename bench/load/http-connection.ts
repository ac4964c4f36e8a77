// One kept-alive connection that sends one request at a time, written and read by hand: two cores are shared by
// everything that is measured, and a client library would take a good part of them.

import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  readonly body: Buffer
}

export interface HttpConnection {
  /** A whole request as it travels. Rejects when the connection ends before the answer. */
  send(request: string): Promise<Answer>
  close(): void
}

export async function openHttpConnection(origin: string): Promise<HttpConnection> {
  const { hostname, port } = new URL(origin)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return speakOver(socket)
}

interface Waiting {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

function speakOver(socket: Socket): HttpConnection {
  let waiting: Waiting | null = null
  let received: Buffer | null = null

  function fail(error: Error): void {
    const { reject } = waiting ?? {}
    waiting = null
    reject?.(error)
  }

  socket.on('data', (bytes: Buffer) => {
    received = received === null ? bytes : Buffer.concat([received, bytes])
    const answer = readAnswer(received)
    if (answer === null) return
    received = null
    const { resolve } = waiting ?? {}
    waiting = null
    resolve?.(answer)
  })
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('the connection was closed')))
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(new Error('the connection is closed'))
        waiting = { resolve, reject }
        socket.write(request)
      }),
    close: () => socket.destroy(),
  }
}

/** Null while it is not whole. */
function readAnswer(bytes: Buffer): Answer | null {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return null
  const head = bytes.toString('latin1', 0, headEnd)
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length === undefined) throw new Error(`an answer without Content-Length: ${head}`)
  const bodyAt = headEnd + 4
  if (bytes.length < bodyAt + Number(length)) return null
  return { status: Number(head.slice(9, 12)), body: bytes.subarray(bodyAt) }
}

/** A request as it travels; `{unique}` in it stands for ten characters. */
export function requestText(
  method: string,
  path: string,
  { headers = {}, body }: { readonly headers?: Record<string, string>; readonly body?: string },
): string {
  const length = body === undefined ? 0 : Buffer.byteLength(body.replaceAll('{unique}', tenDigits))
  const lines = Object.entries({
    host: '127.0.0.1',
    ...(body !== undefined && {
      'content-type': 'application/json',
      'content-length': `${length}`,
    }),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`
}

const tenDigits = '0123456789'
