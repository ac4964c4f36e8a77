// Requests as bytes, for what an HTTP library would tidy up: header spellings, bodies where there should be none,
// paths that are not normalised. Nothing is added but Host, Connection: close and the length of a body.

import { once } from 'node:events'
import { connect } from 'node:net'

import type { TestApp, V1Reply } from '../support/app.ts'
import { type HttpAnswer, readAnswers } from './http-answers.ts'

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
  /** Every answer to bytes that ask for the end of the connection, or that the server cannot read. */
  sendBytes(bytes: string | Buffer): Promise<HttpAnswer[]>
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
  return {
    token: String(body.response.access_token),
    send,
    sendBytes: async (bytes) => readAnswers(await exchangeBytes(app.url, Buffer.from(bytes)), []),
  }
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

/** The first answer in `bytes`. */
function parseReply(bytes: Buffer): WireReply {
  const [answer] = readAnswers(bytes, [false])
  if (answer === undefined) throw new Error('no answer')
  const { status, statusText, headers } = answer
  return { status, statusText, headers, body: JSON.parse(answer.body) as V1Reply['body'] }
}

export const jsonType = 'Content-Type: application/json'
export const formType = 'Content-Type: application/x-www-form-urlencoded'
