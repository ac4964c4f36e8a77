// Every failure leaves as an envelope: those a feature threw, those the HTTP stack found, and bugs, which
// answer 500 with the request's id and nothing of their own text.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { jsonContentType, renderFailure } from './envelope.ts'
import { unsupportedMediaType } from './request-body.ts'
import { badRequest, V1Error } from './v1-error.ts'

/** The header every answer carries, and the id under which its log line is found. */
export const requestIdHeader = 'x-request-id'

/** Sends the envelope of `error`. Returns true when it was unexpected, so that the caller logs it. */
export function answerFailure(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): boolean {
  const refusal = refusalOf(error)
  const { status, code, message, headers } = refusal ?? internalError(request.id)
  reply
    .code(status)
    .headers(headers)
    .header('content-type', jsonContentType)
    .send(renderFailure(code, message))
  return refusal === undefined
}

/** undefined: nobody foresaw it. */
function refusalOf(error: unknown): V1Error | undefined {
  if (error instanceof V1Error) return error
  if (!(error instanceof Error)) return undefined
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown }
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new V1Error({ status: 413, code: -1, message: '요청 본문이 너무 큽니다.' })
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return unsupportedMediaType()
    case 'FST_ERR_BAD_URL':
      return badRequest('요청 URL의 형식이 올바르지 않습니다.')
    default:
      // Whatever else the stack blames on the client: a cut body, a wrong Content-Length, an Ajv refusal.
      return isClientFault(statusCode) ? badRequest('요청 형식이 올바르지 않습니다.') : undefined
  }
}

function isClientFault(statusCode: unknown): boolean {
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
}

function internalError(requestId: string): V1Error {
  const message = `일시적인 오류가 발생했습니다. 문의 시 요청번호를 알려주세요. (요청번호: ${requestId})`
  return new V1Error({ status: 500, code: -1, message })
}

/** 404 for an unknown path, 405 for a known one with another method, 204 for OPTIONS. */
export function answerUnrouted(allowed: readonly string[], reply: FastifyReply): void {
  if (allowed.length === 0) {
    sendRefusal(reply, 404, '존재하지 않는 API입니다.')
    return
  }
  reply.header('allow', [...allowed, 'OPTIONS'].join(', '))
  if (reply.request.method === 'OPTIONS') reply.code(204).send()
  else sendRefusal(reply, 405, '허용되지 않은 HTTP 메서드입니다.')
}

function sendRefusal(reply: FastifyReply, status: number, message: string): void {
  reply.code(status).header('content-type', jsonContentType).send(renderFailure(-1, message))
}
