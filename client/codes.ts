// V1's code tables, and the merchant's channels.

import { type Caller, pathOf } from './caller.ts'
import type { Channel, StandardCode, Tier } from './v1-objects.ts'
import type { CallOptions } from './v1-requests.ts'

/** The look-ups of one code throw NotFoundError. */
export interface CodeCalls {
  cards(options?: CallOptions): Promise<readonly StandardCode[]>
  card(code: string, options?: CallOptions): Promise<StandardCode>
  banks(options?: CallOptions): Promise<readonly StandardCode[]>
  bank(code: string, options?: CallOptions): Promise<StandardCode>
  tier(code: string, options?: CallOptions): Promise<Tier>
}

export interface UserCalls {
  /** The merchant's PG contracts. */
  pg(options?: CallOptions): Promise<readonly Channel[]>
}

export function codeCalls(caller: Caller): CodeCalls {
  const get = async <Response>(path: string, options?: CallOptions) =>
    caller.call<Response>({ method: 'GET', path, options })
  return {
    cards: (options) => get('/cards', options),
    card: async (code, options) => get(pathOf`/cards/${code}`, options),
    banks: (options) => get('/banks', options),
    bank: async (code, options) => get(pathOf`/banks/${code}`, options),
    tier: async (code, options) => get(pathOf`/tiers/${code}`, options),
  }
}

export function userCalls(caller: Caller): UserCalls {
  return { pg: (options) => caller.call({ method: 'GET', path: '/users/pg', options }) }
}
