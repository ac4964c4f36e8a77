// Renders a call under an Idempotency-Key to what can be kept and sent again byte for byte.

import type { FastifyReply } from 'fastify'

import { jsonContentType, renderFailure, type V1Answer } from './envelope.ts'
import { answerOnce, type Idempotency, type KeptAnswer, type KeyedCall } from './idempotency.ts'
import { V1Error } from './v1-error.ts'

/** `true` on an answer whose request began nothing: the call had been made before. */
export const replayedHeader = 'Idempotency-Replayed'

/** Said with an answer that leaves the outcome open: the money may have moved and nobody knows yet. */
export const outcomeHeader = 'Billkey-Outcome'

/** Takes the place of the context's `setHeader`, so that headers are kept with the body. */
export type SetHeader = (name: string, text: string) => void

export interface CallUnderKey {
  readonly carryOut: (callId: string, setHeader: SetHeader) => Promise<V1Answer<unknown>>
  readonly revisit: (callId: string, setHeader: SetHeader) => Promise<V1Answer<unknown> | undefined>
}

/** Answers the request, or throws as `answerOnce` does. */
export async function answerUnderKey(
  idempotency: Idempotency,
  call: KeyedCall,
  { carryOut, revisit }: CallUnderKey,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { answer, isReplay } = await answerOnce(idempotency, call, {
    // Undefined only where the work is, and carrying out always answers.
    carryOut: async (callId) =>
      (await capture(reply, (setHeader) => carryOut(callId, setHeader))) as KeptAnswer,
    revisit: (callId) => capture(reply, (setHeader) => revisit(callId, setHeader)),
  })
  if (isReplay) reply.header(replayedHeader, 'true')
  return reply
    .code(answer.status)
    .headers(answer.headers)
    .header('content-type', jsonContentType)
    .send(answer.body)
}

async function capture(
  reply: FastifyReply,
  work: (setHeader: SetHeader) => Promise<V1Answer<unknown> | undefined>,
): Promise<KeptAnswer | undefined> {
  const headers: Record<string, string> = {}
  try {
    const answer = await work(keepingIn(headers))
    return answer === undefined ? answer : rendered(reply, headers, answer)
  } catch (error) {
    // A refusal with HTTP 200 is an answer like any other: the call was understood and carried out.
    if (!(error instanceof V1Error) || error.status !== 200) throw error
    const body = renderFailure(error.code, error.message)
    return { status: 200, headers: { ...headers, ...error.headers }, body, isProvisional: false }
  }
}

function keepingIn(headers: Record<string, string>): SetHeader {
  return (name, text) => {
    headers[name.toLowerCase()] = text
  }
}

function rendered(
  reply: FastifyReply,
  headers: Readonly<Record<string, string>>,
  { status, response }: V1Answer<unknown>,
): KeptAnswer {
  // The serialiser is chosen by the reply's status.
  reply.code(status)
  const body = reply.serialize({ code: 0, message: null, response }) as string
  const isProvisional = outcomeHeader.toLowerCase() in headers
  return { status, headers, body, isProvisional }
}
