// Who is calling: the merchant a token names, remembered on the request between hooks, and the caller's address.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { MerchantId } from '../primitives/ids.ts'

/** The merchant a token was issued to. */
export interface Merchant {
  readonly merchantId: MerchantId
  readonly impKey: string
}

/** Answers undefined for a token that is unknown or expired. */
export type Authenticate = (token: string) => Promise<Merchant | undefined>

// Declared in one place instead of by declaration merging, which would promise it on every request type.
type KnownRequest = FastifyRequest & { merchant: Merchant | null }

/** Gives every request its slot at start-up, so that requests keep one hidden class. */
export function declareMerchant(app: FastifyInstance): void {
  app.decorateRequest('merchant', null)
}

export function setMerchant(request: FastifyRequest, merchant: Merchant): void {
  ;(request as KnownRequest).merchant = merchant
}

export function merchantOf(request: FastifyRequest): Merchant | null {
  return (request as KnownRequest).merchant
}

const mappedPrefix = '::ffff:'

/** The PG accepts IPv4 only, and a dual-stack socket shows IPv4 callers as `::ffff:a.b.c.d`. */
export function clientIp(request: FastifyRequest): string {
  const address = request.ip
  return address.startsWith(mappedPrefix) ? address.slice(mappedPrefix.length) : address
}
