// Why a request is refused before anything is recorded or sent, in the names of the API. The gateway speaks of the
// parts of a request; which of V1's parameters a part came from depends on the endpoint and on what was left out.

import type { Refusal, RequestPart } from '../gateways/gateway.ts'
import { badRequest, refused, type V1Error } from '../http/v1-error.ts'

export type RefusedRequest =
  | { readonly kind: 'missing'; readonly parameters: readonly string[] }
  /** `hint`: Korean, with the limit, and what was given where that is no secret. */
  | { readonly kind: 'malformed'; readonly parameter: string; readonly hint: string }
  /** The contract or its settings are in the way, not the request. */
  | { readonly kind: 'contract'; readonly message: string }

/** V1's name of each part, in one request. */
export type PartNames = Readonly<Record<RequestPart, string>>

export const cardPartNames = {
  card_number: 'card_number',
  card_expiry: 'expiry',
  card_birth: 'birth',
  card_password: 'pwd_2digit',
} as const

/** Null for null: nothing was refused. */
export function inV1Names(refusal: Refusal | null, names: PartNames): RefusedRequest | null {
  switch (refusal?.kind) {
    case undefined:
      return null
    case 'missing':
      return { kind: 'missing', parameters: refusal.parts.map((part) => names[part]) }
    case 'malformed':
      return { kind: 'malformed', parameter: names[refusal.part], hint: refusal.message }
    case 'not_contracted':
    case 'bad_setting':
      return { kind: 'contract', message: refusal.message }
  }
}

/** In the form that parameters are refused in everywhere. */
export function messageOfRefused(request: RefusedRequest): string {
  switch (request.kind) {
    case 'missing':
      return `파라미터 누락: ${request.parameters.join(', ')}`
    case 'malformed':
      return `파라미터 오류: ${request.parameter} (${request.hint})`
    case 'contract':
      return request.message
  }
}

/** V1 answers 400 to what a parameter cannot hold, and 200 with a code where the contract is in the way. */
export function errorOfRefused(request: RefusedRequest): V1Error {
  const message = messageOfRefused(request)
  return request.kind === 'contract' ? refused(message, -1) : badRequest(message)
}
