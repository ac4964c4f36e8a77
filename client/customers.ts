// Billing keys, which V1 calls customers.

import { type Caller, pathOf } from './caller.ts'
import { NotFoundError, RefusedError } from './errors.ts'
import type { BillingKey, Page, Payment } from './v1-objects.ts'
import type { CallOptions, MutationOptions, RegisterRequest } from './v1-requests.ts'

export interface CustomerCalls {
  /** Issues a billing key, or replaces the card of one. Nothing is charged. */
  register(
    customerUid: string,
    request: RegisterRequest,
    options?: MutationOptions,
  ): Promise<BillingKey>
  /** Throws NotFoundError. */
  get(customerUid: string, options?: CallOptions): Promise<BillingKey>
  /** Those of the named that exist. */
  getMany(customerUids: readonly string[], options?: CallOptions): Promise<readonly BillingKey[]>
  /** For good. Pending schedules stay, and will fail. Throws NotFoundError. */
  delete(
    customerUid: string,
    request?: { readonly reason?: string | undefined },
    options?: MutationOptions,
  ): Promise<BillingKey>
  /** Newest first, 20 a page; an empty page for an unknown customer. */
  payments(
    customerUid: string,
    request?: { readonly page?: number | undefined },
    options?: CallOptions,
  ): Promise<Page<Payment>>
}

export function customerCalls(caller: Caller): CustomerCalls {
  return {
    register: async (customerUid, request, options) => {
      const path = pathOf`/subscribe/customers/${customerUid}`
      return caller.call({ method: 'POST', path, body: request, options })
    },
    get: async (customerUid, options) => {
      const path = pathOf`/subscribe/customers/${customerUid}`
      return namingUnknown(caller.call({ method: 'GET', path, options }))
    },
    getMany: async (customerUids, options) => {
      const query = { customer_uid: customerUids }
      try {
        return await caller.call({ method: 'GET', path: '/subscribe/customers', query, options })
      } catch (error) {
        if (error instanceof NotFoundError) return []
        throw error
      }
    },
    delete: async (customerUid, { reason } = {}, options) => {
      const path = pathOf`/subscribe/customers/${customerUid}`
      return namingUnknown(caller.call({ method: 'DELETE', path, query: { reason }, options }))
    },
    payments: async (customerUid, { page } = {}, options) => {
      const path = pathOf`/subscribe/customers/${customerUid}/payments`
      return caller.call({ method: 'GET', path, query: { page }, options })
    },
  }
}

// V1's document says 404 of an unknown customer; its server says 200 with code 1, and code 1 of nothing else here.
async function namingUnknown(found: Promise<BillingKey>): Promise<BillingKey> {
  try {
    return await found
  } catch (error) {
    const isUnknown = error instanceof RefusedError && error.status === 200 && error.code === 1
    throw isUnknown ? new NotFoundError(error) : error
  }
}
