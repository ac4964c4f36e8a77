// Answers to bytes, and the ways in which an answer does not arrive.

import type { ServerResponse } from 'node:http'
import iconv from 'iconv-lite'
import type { Result } from './result-codes.ts'
import type { Settings } from './settings.ts'
import { unreachable } from './unreachable.ts'
import type { Fields } from './wire-decoding.ts'

export type Reply =
  | { readonly kind: 'fields'; readonly status: number; readonly fields: Fields }
  /** HTML where JSON should be, as a proxy or a maintenance page sends it. */
  | { readonly kind: 'page'; readonly status: number }
  /** The first half of the JSON, in a response that is otherwise whole. */
  | { readonly kind: 'truncated'; readonly fields: Fields }
  /** TCP reset. */
  | { readonly kind: 'reset' }
  /** The connection is closed without a byte. */
  | { readonly kind: 'cut' }

/** A refusal in the wire's own form. */
export function refusalReply(result: Result, settings: Settings, fields: Fields = {}): Reply {
  return {
    kind: 'fields',
    status: settings.errorStatus === 'by_error' ? result.httpStatus : 200,
    fields: { RESULTCODE: result.code, ERRORMESSAGE: result.message, ...fields },
  }
}

/** Resolves once the answer has gone to the operating system, or cannot any more. */
export function deliver(
  response: ServerResponse,
  reply: Reply,
  settings: Settings,
): Promise<'delivered' | 'lost'> {
  const { socket } = response
  if (socket === null || socket.destroyed) return Promise.resolve('lost')
  switch (reply.kind) {
    case 'reset':
      socket.resetAndDestroy()
      return Promise.resolve('lost')
    case 'cut':
      socket.destroy()
      return Promise.resolve('lost')
    case 'page': {
      const page = iconv.encode('<html><body>시스템 점검 중입니다.</body></html>', 'cp949')
      return send(response, reply.status, 'text/html; charset=EUC-KR', page)
    }
    case 'fields':
      return send(response, reply.status, contentType(settings), encode(reply.fields, settings))
    case 'truncated': {
      const bytes = encode(reply.fields, settings)
      return send(response, 200, contentType(settings), bytes.subarray(0, bytes.length >> 1))
    }
    default:
      return unreachable(reply)
  }
}

function encode(fields: Fields, settings: Settings): Buffer {
  const text = JSON.stringify(fields)
  return settings.responseCharset === 'utf-8' ? Buffer.from(text) : iconv.encode(text, 'cp949')
}

function contentType(settings: Settings): string {
  if (!settings.responseCharsetHeader) return 'application/json'
  return `application/json; charset=${settings.responseCharset.toUpperCase()}`
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  bytes: Buffer,
): Promise<'delivered' | 'lost'> {
  return new Promise((resolve) => {
    response.once('close', () => resolve(response.writableFinished ? 'delivered' : 'lost'))
    response.writeHead(status, { 'content-type': type, 'content-length': bytes.length })
    response.end(bytes)
  })
}
