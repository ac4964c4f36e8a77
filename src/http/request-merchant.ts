// Who is calling: the merchant a token names, remembered on the request between hooks with what the request is
// doing, and the caller's address.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { MerchantId } from '../primitives/ids.ts'
import type { RequestActivity } from '../telemetry/activity.ts'

/** The merchant a token was issued to. */
export interface Merchant {
  readonly merchantId: MerchantId
  readonly impKey: string
}

/** Answers undefined for a token that is unknown or expired. */
export type Authenticate = (token: string) => Promise<Merchant | undefined>

// Declared in one place instead of by declaration merging, which would promise it on every request type.
type KnownRequest = FastifyRequest & {
  merchant: Merchant | null
  activity: RequestActivity | null
}

/** Gives every request its slot at start-up, so that requests keep one hidden class. */
export function declareMerchant(app: FastifyInstance): void {
  app.decorateRequest('merchant', null)
  app.decorateRequest('activity', null)
}

export function setMerchant(request: FastifyRequest, merchant: Merchant): void {
  const known = request as KnownRequest
  known.merchant = merchant
  known.activity?.identify(merchant.merchantId)
}

export function merchantOf(request: FastifyRequest): Merchant | null {
  return (request as KnownRequest).merchant
}

export function setActivity(request: FastifyRequest, activity: RequestActivity): void {
  ;(request as KnownRequest).activity = activity
}

/** Set before any other hook runs. */
export function activityOf(request: FastifyRequest): RequestActivity {
  return (request as KnownRequest).activity ?? nobodys
}

// A request that the framework refused before our first hook.
const nobodys: RequestActivity = {
  enter: (next) => next(),
  identify: () => undefined,
  end: () => undefined,
}

const mappedPrefix = '::ffff:'

/** The PG accepts IPv4 only, and a dual-stack socket shows IPv4 callers as `::ffff:a.b.c.d`. */
export function clientIp(request: FastifyRequest): string {
  const address = request.ip
  return address.startsWith(mappedPrefix) ? address.slice(mappedPrefix.length) : address
}
