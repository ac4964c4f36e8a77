// The merchants' programs: they charge, schedule and cancel as merchants do, repeat under the same Idempotency-Key when
// an answer was lost, and write down every answer they got. Their book is one of the four that must agree.

import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

import type { Choice } from '../compat/fuzz/random-choice.ts'
import type { Rig, RigMerchant } from './rig.ts'

export interface Answered {
  readonly merchantUid: string
  readonly impUid: string
  readonly status: string
}

/** What the merchants know: every answer that reached them, and what they asked for. */
export interface ClientBook {
  readonly answered: Answered[]
  /** merchant_uids of schedules that were taken. */
  readonly scheduled: string[]
  orders: number
  lostAnswers: number
  refused: number
}

export function emptyBook(): ClientBook {
  return { answered: [], scheduled: [], orders: 0, lostAnswers: 0, refused: 0 }
}

interface Buyer {
  readonly rig: Rig
  readonly merchant: RigMerchant
  readonly choice: Choice
  readonly book: ClientBook
  readonly name: string
  readonly customers: string[]
  readonly paid: { impUid: string; leftWon: number }[]
  token: string
  count: number
}

const goodCard = '9366000000900000'
// Cards whose charges go wrong on the way (docs/simulator.md); most end as unknown, some after a wait.
const faultCards = [
  '9366000000003003',
  '9366000000903004',
  '9366000000403005',
  '9366000000803006',
  '9366000000303007',
  '9366000000703008',
  '9366000000203009',
  '9366000000503010',
  '9366000000103001',
] as const
const declinedCards = ['9366000000202001', '9366000000602002', '9366000000102003'] as const

const answerLimitMs = 15_000

/** One merchant's program until `isOver`. */
export async function runBuyer(
  rig: Rig,
  { choice, book, at }: { readonly choice: Choice; readonly book: ClientBook; readonly at: number },
  isOver: () => boolean,
): Promise<void> {
  const merchant = rig.merchants[at % rig.merchants.length] as RigMerchant
  const buyer: Buyer = {
    rig,
    merchant,
    choice,
    book,
    name: `m${merchant.merchantId}-${at}`,
    customers: [],
    paid: [],
    token: '',
    count: 0,
  }
  while (!isOver()) await doSomething(buyer)
}

type Deed = (buyer: Buyer) => Promise<void>

// So many of a hundred.
const deeds: readonly (readonly [number, Deed])[] = [
  [52, again],
  [14, onetime],
  [9, onetimeWithKey],
  [4, issueKey],
  [6, schedule],
  [11, cancel],
  [4, lookUp],
]

async function doSomething(buyer: Buyer): Promise<void> {
  let pick = buyer.choice.below(100)
  for (const [share, deed] of deeds) {
    pick -= share
    if (pick < 0) return deed(buyer)
  }
}

function cardOf({ choice }: Buyer): Record<string, string> {
  const number = choice.once(25)
    ? choice.of(faultCards)
    : choice.once(15)
      ? choice.of(declinedCards)
      : goodCard
  return { card_number: number, expiry: '2039-12', birth: '880101', pwd_2digit: '12' }
}

function newOrder(buyer: Buyer) {
  buyer.count += 1
  buyer.book.orders += 1
  const merchantUid = `${buyer.name}-${buyer.count}`
  return { merchant_uid: merchantUid, amount: 100 + buyer.choice.below(9_900), name: '정기구독' }
}

async function onetime(buyer: Buyer): Promise<void> {
  await charge(buyer, '/subscribe/payments/onetime', { ...newOrder(buyer), ...cardOf(buyer) })
}

async function onetimeWithKey(buyer: Buyer): Promise<void> {
  const customer = `${buyer.name}-c${buyer.count}`
  const order = { ...newOrder(buyer), ...cardOf(buyer), customer_uid: customer }
  if ((await charge(buyer, '/subscribe/payments/onetime', order)) === 'paid')
    remember(buyer, customer)
}

async function issueKey(buyer: Buyer): Promise<void> {
  const customer = `${buyer.name}-k${(buyer.count += 1)}`
  const reply = await ask(buyer, {
    path: `/subscribe/customers/${customer}`,
    body: cardOf(buyer),
  })
  if (reply.code === 0) remember(buyer, customer)
}

/** Some customers have cards that go wrong at every charge: they are kept too. */
function remember(buyer: Buyer, customer: string): void {
  buyer.customers.push(customer)
  if (buyer.customers.length > 50) buyer.customers.shift()
}

async function again(buyer: Buyer): Promise<void> {
  if (buyer.customers.length === 0) return issueKey(buyer)
  const order = { ...newOrder(buyer), customer_uid: buyer.choice.of(buyer.customers) }
  await charge(buyer, '/subscribe/payments/again', order)
}

async function schedule(buyer: Buyer): Promise<void> {
  if (buyer.customers.length === 0) return issueKey(buyer)
  const dueS = Math.floor(Date.now() / 1_000) + 2 + buyer.choice.below(4)
  const schedules = [1, 2, 3].map(() => Object.assign(newOrder(buyer), { schedule_at: dueS }))
  const body = { customer_uid: buyer.choice.of(buyer.customers), schedules }
  const reply = await ask(buyer, { path: '/subscribe/payments/schedule', body })
  if (reply.code === 0) buyer.book.scheduled.push(...schedules.map((each) => each.merchant_uid))
}

async function cancel(buyer: Buyer): Promise<void> {
  const target = buyer.paid.pop()
  if (target === undefined) return again(buyer)
  const isWhole = buyer.choice.once(2)
  const amount = isWhole ? target.leftWon : 1 + buyer.choice.below(target.leftWon)
  const body = {
    imp_uid: target.impUid,
    amount,
    reason: '고객 요청',
    extra: { requester: 'customer' },
  }
  const reply = await ask(buyer, { path: '/payments/cancel', body })
  const leftWon = target.leftWon - amount
  if (reply.code === 0 && reply.outcome !== 'unknown' && leftWon > 0) {
    buyer.paid.push({ impUid: target.impUid, leftWon })
  }
}

async function lookUp(buyer: Buyer): Promise<void> {
  const target = buyer.paid.at(-1)
  if (target === undefined) return again(buyer)
  await ask(buyer, { path: `/payments/${target.impUid}` })
}

/** Under one key until an answer came. Gives the status. */
async function charge(
  buyer: Buyer,
  path: string,
  order: { merchant_uid: string; amount: number },
): Promise<string> {
  const reply = await ask(buyer, { path, body: order })
  const impUid = reply.response?.imp_uid
  if (reply.code !== 0 || impUid === undefined) {
    buyer.book.refused += 1
    return 'refused'
  }
  const status = reply.response?.status ?? ''
  buyer.book.answered.push({ merchantUid: order.merchant_uid, impUid, status })
  if (status === 'paid') buyer.paid.push({ impUid, leftWon: order.amount })
  if (buyer.paid.length > 100) buyer.paid.shift()
  return status
}

interface Reply {
  readonly code: number
  readonly message: string | null
  readonly outcome: string | null
  readonly response: { readonly imp_uid?: string; readonly status?: string } | null
}

// The key is held by a first request that a killed node will never end, or the nodes are all down for a moment.
const triesMax = 20
const againAfterMs = 2_500

interface Call {
  readonly path: string
  /** Absent: the call only looks. */
  readonly body?: object
}

/** Tried until there is an answer; what changes something, under one Idempotency-Key. */
async function ask(buyer: Buyer, { path, body }: Call): Promise<Reply> {
  const idempotencyKey = randomUUID()
  for (let tries = 0; tries < triesMax; tries += 1) {
    const url = buyer.rig.apiUrls[(tries + buyer.choice.below(2)) % buyer.rig.apiUrls.length] ?? ''
    try {
      buyer.token = buyer.token === '' ? await getToken(url, buyer.merchant) : buyer.token
      const reply = await fetch(url + path, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          authorization: buyer.token,
          'content-type': 'application/json',
          ...(body !== undefined && { 'idempotency-key': idempotencyKey }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(answerLimitMs),
      })
      const envelope = (await reply.json()) as Omit<Reply, 'outcome'>
      // In flight elsewhere, a database that is away, an expired token: not an answer yet.
      if (reply.status === 401) buyer.token = ''
      if (reply.status === 200 || reply.status === 400 || reply.status === 404) {
        return { ...envelope, outcome: reply.headers.get('billkey-outcome') }
      }
    } catch {
      buyer.book.lostAnswers += 1
    }
    await delay(againAfterMs)
  }
  return { code: -1, message: 'no answer', outcome: null, response: null }
}

async function getToken(url: string, { impKey, impSecret }: RigMerchant): Promise<string> {
  const reply = await fetch(`${url}/users/getToken`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ imp_key: impKey, imp_secret: impSecret }),
    signal: AbortSignal.timeout(5_000),
  })
  const { response } = (await reply.json()) as { response: { access_token: string } }
  return response.access_token
}
