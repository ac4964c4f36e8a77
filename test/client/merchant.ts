// A merchant's program that uses the client against a whole server.

import { type Client, createClient, type Payment, paidOrThrow } from '../../client/client.ts'
import type { Clock } from '../../src/primitives/clock.ts'
import type { TestApp } from '../support/app.ts'

/** A client with the API key of the app's first merchant. */
export function clientOf(app: TestApp, options: Partial<Parameters<typeof createClient>[0]> = {}) {
  const { impKey, impSecret } = app.merchant
  return createClient({ baseUrl: app.url, impKey, impSecret, ...options })
}

export const cards = {
  approves: '9366000000900000',
  declines: '9366000000202001',
  notIssued: '9366000000601004',
  answerLost: '9366000000903004',
} as const

export function cardFields(number: string = cards.approves) {
  return { card_number: number, expiry: '2031-12', birth: '820213', pwd_2digit: '00' }
}

let names = 0

/** A merchant_uid or customer_uid that nobody else has. */
export function newName(kind: string): string {
  names += 1
  return `${kind}-${names}`
}

/** Takes money by card. */
export async function pay(client: Client, amount = 3000): Promise<Payment> {
  const order = { merchant_uid: newName('order'), amount, name: '월간 구독' }
  return paidOrThrow(await client.subscribe.onetime({ ...order, ...cardFields() }))
}

/** Registers an approving card. */
export async function register(client: Client): Promise<string> {
  const customerUid = newName('customer')
  await client.customers.register(customerUid, cardFields())
  return customerUid
}

/** A time that schedules may name. */
export function secondsFromNow(clock: Clock, seconds: number): number {
  return Math.floor(clock.now() / 1000) + seconds
}
