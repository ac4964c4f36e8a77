// Requests as bytes, for what an HTTP library would tidy up: header spellings, bodies where there should be none,
// paths that are not normalised. Nothing is added but Host, Connection: close and the length of a body.

import { once } from 'node:events'
import { connect } from 'node:net'

import type { TestApp, V1Reply } from '../support/app.ts'

export interface WireRequest {
  /** `POST /payments/cancel/`. */
  readonly line: string
  /** As they stand on the wire, `Name: value`. */
  readonly headers?: readonly string[]
  readonly body?: string | Buffer
}

export interface WireReply extends V1Reply {
  readonly statusText: string
}

export interface Wire {
  /** A live token of the app's merchant. */
  readonly token: string
  send(request: WireRequest): Promise<WireReply>
}

export async function openWire(app: TestApp): Promise<Wire> {
  const { impKey: imp_key, impSecret: imp_secret } = app.merchant
  const login = {
    line: 'POST /users/getToken',
    headers: ['Content-Type: application/json'],
    body: JSON.stringify({ imp_key, imp_secret }),
  }
  const send = async (request: WireRequest) =>
    parseReply(await exchangeBytes(app.url, bytesOf(request)))
  const { body } = await send(login)
  return { token: String(body.response.access_token), send }
}

function bytesOf({ line, headers = [], body = '' }: WireRequest): Buffer {
  const isFramed = headers.some((header) => /^(?:content-length|transfer-encoding):/i.test(header))
  const length = isFramed || body.length === 0 ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
  const head = [`${line} HTTP/1.1`, 'Host: api.iamport.kr', 'Connection: close', ...headers]
  return Buffer.concat([
    Buffer.from(`${[...head, ...length].join('\r\n')}\r\n\r\n`),
    Buffer.from(body),
  ])
}

/** Sends bytes and gives everything that comes back until the server closes. */
async function exchangeBytes(url: string, bytes: Buffer): Promise<Buffer> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.write(bytes)
  await once(socket, 'close')
  return Buffer.concat(chunks)
}

/** The last answer in `bytes`: a `100 Continue` may stand before it. */
function parseReply(bytes: Buffer): WireReply {
  const text = bytes.toString('utf8').replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '')
  const headEnd = text.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = text.slice(0, headEnd).split('\r\n')
  const [, status = '', statusText = ''] = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(statusLine) ?? []
  const headers = new Headers()
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim())
  }
  const body = JSON.parse(text.slice(headEnd + 4)) as V1Reply['body']
  return { status: Number(status), statusText, headers, body }
}

export const jsonType = 'Content-Type: application/json'
export const formType = 'Content-Type: application/x-www-form-urlencoded'
