// The one error a feature throws to refuse a request it expected. Everything else that is thrown is a
// bug or an outage and answers 500. V1 refuses mostly with HTTP 200 and a code other than 0.

/** 1: the request was understood but the state forbids it. -1: authentication, look-up, PG or card. */
export type V1Code = 1 | -1

export interface V1Refusal {
  readonly status: number
  readonly code: V1Code
  /** Shown to the merchant word for word; clients match on V1's messages. */
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}

export class V1Error extends Error {
  override name = 'V1Error'
  readonly status: number
  readonly code: V1Code
  readonly headers: Readonly<Record<string, string>>

  constructor(refusal: V1Refusal) {
    super(refusal.message)
    this.status = refusal.status
    this.code = refusal.code
    this.headers = refusal.headers ?? {}
  }
}

/** A business refusal: HTTP 200, `response: null`. */
export function refused(message: string, code: V1Code = 1): V1Error {
  return new V1Error({ status: 200, code, message })
}

/** V1 answers 404 for payments and schedules only; an unknown customer_uid is `refused`. */
export function notFound(message: string): V1Error {
  return new V1Error({ status: 404, code: -1, message })
}

/** A parameter that is missing or cannot be meant. */
export function badRequest(message: string): V1Error {
  return new V1Error({ status: 400, code: -1, message })
}

/**
 * A missing, unknown or expired token. V1's own challenge header is spelt `WWW-Authorize`;
 * RFC 9110 §15.5.2 wants `WWW-Authenticate`, so both are sent.
 */
export function unauthorized(message = 'Unauthorized'): V1Error {
  return new V1Error({
    status: 401,
    code: -1,
    message,
    headers: { 'www-authorize': 'iamport', 'www-authenticate': 'Bearer realm="iamport"' },
  })
}
