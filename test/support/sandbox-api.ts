// What tests ask a running sandbox and its simulator over HTTP.

import assert from 'node:assert/strict'

import type { EntryView } from '../../simulator/ledger-entry.ts'
import type { LedgerTotals } from '../../simulator/ledger.ts'
import type { Welcome } from './sandbox-process.ts'

export interface Answer {
  readonly status: number
  readonly code: number
  readonly message: string | null
  readonly response: unknown
}

/** Calls the API with the token that was printed. */
export async function call(
  { apiUrl, token }: Pick<Welcome, 'apiUrl' | 'token'>,
  method: string,
  path: string,
  body?: object,
): Promise<Answer> {
  const reply = await fetch(apiUrl + path, {
    method,
    headers: { authorization: token, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: reply.status, ...((await reply.json()) as Omit<Answer, 'status'>) }
}

export interface Ledger {
  readonly totals: LedgerTotals
  readonly entries: readonly EntryView[]
}

/** What the simulator really did. */
export async function readLedger(sandbox: Pick<Welcome, 'simulatorUrl'>): Promise<Ledger> {
  const reply = await fetch(`${sandbox.simulatorUrl}/_ledger`)
  assert.equal(reply.status, 200)
  return (await reply.json()) as Ledger
}

/** Scripts the next exchanges of the simulator. */
export async function addFault(sandbox: Welcome, fault: object): Promise<void> {
  const reply = await fetch(`${sandbox.simulatorUrl}/_faults`, {
    method: 'POST',
    body: JSON.stringify(fault),
  })
  assert.equal(reply.status, 200, await reply.text())
}

/** Switches of the simulator (docs/simulator.md). */
export async function setSimulator({ simulatorUrl }: Welcome, settings: object): Promise<void> {
  const body = JSON.stringify(settings)
  const reply = await fetch(`${simulatorUrl}/_settings`, { method: 'POST', body })
  assert.equal(reply.status, 200, await reply.text())
}

const card = { card_number: '1234-1234-1234-1234', expiry: '2029-01', birth: '820213' }

/** A one-time payment of 1000 won. */
export async function pay(sandbox: Welcome, merchantUid: string): Promise<Answer> {
  const order = { merchant_uid: merchantUid, amount: 1000 }
  return call(sandbox, 'POST', '/subscribe/payments/onetime', { ...order, ...card })
}

/** Pays, and gives the imp_uid of the payment, which is sure to be paid. */
export async function mustPay(sandbox: Welcome, merchantUid: string): Promise<string> {
  const answer = await pay(sandbox, merchantUid)
  const response = answer.response as { imp_uid: string; status: string } | null
  assert.equal(response?.status, 'paid', JSON.stringify(answer))
  return response.imp_uid
}

/** The status that the API shows for a payment. */
export async function statusOf(sandbox: Welcome, impUid: string): Promise<string> {
  const answer = await call(sandbox, 'GET', `/payments/${impUid}`)
  assert.equal(answer.code, 0, JSON.stringify(answer))
  return (answer.response as { status: string }).status
}
