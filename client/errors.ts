// What a call throws. Each class says what is known of the request: refused is certain not to have been carried out,
// and only UnknownOutcomeError leaves that open. None holds anything of the request's body.

export type BillkeyErrorKind =
  | 'refused'
  | 'unauthorized'
  | 'not_found'
  | 'transport'
  | 'unknown'
  | 'declined'

/** `kind` tells the classes apart where `instanceof` cannot, as between two copies of this module. */
export abstract class BillkeyError extends Error {
  abstract readonly kind: BillkeyErrorKind
}

/** What the server said when it refused. */
export interface Refusal {
  readonly message: string
  /** Of HTTP. V1 refuses most things with 200. */
  readonly status: number
  /** V1's code, 1 or -1; null when the answer was not V1's. */
  readonly code: number | null
  /** Under which a billkey server logged the request. */
  readonly requestId: string | null
  /** When the server said after which time to try again. */
  readonly retryAfterMs: number | null
}

/** The server understood and refused: nothing was charged, cancelled or changed. `message` is V1's own text. */
export class RefusedError extends BillkeyError {
  override readonly name: string = 'RefusedError'
  readonly kind: 'refused' | 'unauthorized' | 'not_found' = 'refused'
  readonly status: number
  readonly code: number | null
  readonly requestId: string | null
  readonly retryAfterMs: number | null

  constructor(refusal: Refusal) {
    super(refusal.message)
    this.status = refusal.status
    this.code = refusal.code
    this.requestId = refusal.requestId
    this.retryAfterMs = refusal.retryAfterMs
  }
}

/** The API key or its secret is wrong, or a token that was just given is not taken. */
export class UnauthorizedError extends RefusedError {
  override readonly name = 'UnauthorizedError'
  override readonly kind = 'unauthorized'
}

/** There is nothing of that name. */
export class NotFoundError extends RefusedError {
  override readonly name = 'NotFoundError'
  override readonly kind = 'not_found'
}

/** No answer that could be read, and nothing was changed: the request never left, or only asked for something. */
export class TransportError extends BillkeyError {
  override readonly name = 'TransportError'
  readonly kind = 'transport'
}

/**
 * A request that changes something may have been carried out: its answer was lost or could not be read. Look before
 * you repeat it, or repeat it with the same `idempotencyKey` on a billkey server.
 */
export class UnknownOutcomeError extends BillkeyError {
  override readonly name = 'UnknownOutcomeError'
  readonly kind = 'unknown'
  readonly idempotencyKey: string

  constructor(message: string, idempotencyKey: string, options?: ErrorOptions) {
    super(message, options)
    this.idempotencyKey = idempotencyKey
  }
}
