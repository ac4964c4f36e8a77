// Requests that Node's parser refuses never reach a route. They too get an envelope, written by hand on the
// socket, since clients parse every body as JSON.

import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { jsonContentType, renderFailure } from './envelope.ts'
import { securityHeaders } from './answer-failure.ts'

/** Writes the answer and closes the connection. Returns the status, or undefined when nobody listens. */
export function answerClientError(
  error: Error & { code?: string },
  socket: Socket,
): number | undefined {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return undefined
  }
  const { status, message } = faultOf(error.code)
  socket.end(renderRawFailure(status, message), () => socket.destroy())
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

function renderRawFailure(status: number, message: string): string {
  const body = renderFailure(-1, message)
  const headers = Object.entries({
    'Content-Type': jsonContentType,
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
    ...securityHeaders,
  })
  const head = headers.map(([name, text]) => `${name}: ${text}\r\n`).join('')
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n${body}`
}
