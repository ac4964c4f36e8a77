// Requests that Node's parser refuses never reach a route. They too get an envelope, written by hand on the
// socket, since clients parse every body as JSON. It never takes the place of an answer that is still to come on
// that connection: a Content-Length that is too short leaves bytes behind a charge, and a merchant who reads of
// them "not readable" would charge again.

import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { lastAwaitedAnswer } from './answers-due.ts'
import { jsonContentType, renderFailure } from './envelope.ts'
import type { SecurityHeaders } from './security-headers.ts'

// More bytes behind the unreadable ones would be refused again.
const refused = new WeakSet<Socket>()

/** Writes the answer and closes the connection. Returns the status, or undefined when nobody listens. */
export function answerClientError(
  error: Error & { code?: string },
  socket: Socket,
  headers: SecurityHeaders,
): number | undefined {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return undefined
  }
  if (refused.has(socket)) return undefined
  refused.add(socket)
  const { status, message } = faultOf(error.code)
  const refuse = () => {
    // The awaited answer may have been the last by the client's wish.
    if (socket.writable)
      socket.end(renderRawFailure(status, message, headers), () => socket.destroy())
  }
  const awaited = lastAwaitedAnswer(socket)
  if (awaited === undefined) refuse()
  else awaited.once('close', refuse)
  return status
}

function faultOf(code: string | undefined): { status: number; message: string } {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return { status: 431, message: '요청 URL 또는 헤더가 너무 깁니다.' }
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return { status: 408, message: '요청 수신 시간이 초과되었습니다.' }
  }
  return { status: 400, message: 'HTTP 요청의 형식이 올바르지 않습니다.' }
}

function renderRawFailure(status: number, message: string, common: SecurityHeaders): string {
  const body = renderFailure(-1, message)
  const headers = Object.entries({
    'Content-Type': jsonContentType,
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
    ...common,
  })
  const head = headers.map(([name, text]) => `${name}: ${text}\r\n`).join('')
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n${body}`
}
