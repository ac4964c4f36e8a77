// A merchant's own program over months: it issues keys, subscribes customers, charges, cancels, changes its mind, and asks
// again under the same Idempotency-Key when an answer is lost. What it was told is one of the four books.

import type { Choice } from '../compat/fuzz/random-choice.ts'
import { choiceOf } from '../compat/fuzz/random-choice.ts'
import type { ClientBook } from '../harness/load.ts'
import { pickApi, type World, type WorldMerchant } from './world.ts'

interface Reservation {
  readonly merchantUid: string
  readonly customer: string
  readonly atMs: number
}

interface Program {
  readonly world: World
  readonly merchant: WorldMerchant
  readonly choice: Choice
  readonly book: ClientBook
  readonly name: string
  readonly customers: string[]
  readonly paid: { impUid: string; leftWon: number }[]
  reservations: Reservation[]
  token: string
  count: number
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs

const goodCard = '9366000000900000'
// Registered, then declined at every charge, or charged with an exchange that goes wrong (docs/simulator.md).
const badCards = [
  '9366000000202001',
  '9366000000602002',
  '9366000000102003',
  '9366000000502004',
  '9366000000003003',
  '9366000000903004',
  '9366000000403005',
  '9366000000803006',
  '9366000000303007',
  '9366000000703008',
  '9366000000203009',
  '9366000000503010',
] as const
const refusedCards = ['9366000000701002', '9366000000201003', '9366000000601004'] as const

type Deed = (program: Program) => Promise<void>

// So many of a hundred.
const deeds: readonly (readonly [number, Deed])[] = [
  [22, again],
  [9, onetime],
  [7, onetimeWithKey],
  [6, registerCard],
  [14, subscribe],
  [6, unsubscribe],
  [6, moveReservation],
  [8, retryFailed],
  [15, cancel],
  [3, deleteCustomer],
  [4, lookUp],
]

/** Acts now and then until the run's months are over. */
export async function runProgram(
  world: World,
  merchant: WorldMerchant,
  book: ClientBook,
): Promise<void> {
  const program: Program = {
    world,
    merchant,
    choice: choiceOf(world.seed * 31 + merchant.merchantId),
    book,
    name: `m${merchant.merchantId}`,
    customers: [],
    paid: [],
    reservations: [],
    token: '',
    count: 0,
  }
  const { time, endMs } = world
  await registerCard(program)
  await subscribe(program)
  while (time.nowMs < endMs) {
    // Mostly days apart, sometimes at once: two programs of one merchant do not wait for each other.
    await time.sleep(
      program.choice.once(4) ? program.choice.below(2_000) : program.choice.below(3 * dayMs),
    )
    if (time.nowMs >= endMs) return
    const deed = pickDeed(program.choice)
    if (program.choice.once(5)) void deed(program)
    else await deed(program)
  }
}

function pickDeed(choice: Choice): Deed {
  let pick = choice.below(100)
  for (const [share, deed] of deeds) {
    pick -= share
    if (pick < 0) return deed
  }
  return lookUp
}

function nextName(program: Program): string {
  program.count += 1
  return `${program.name}-${program.count}`
}

function newOrder(program: Program) {
  program.book.orders += 1
  const amount = 100 + program.choice.below(90_000)
  const isTaxed = program.choice.once(3)
  return {
    merchant_uid: nextName(program),
    amount,
    name: '정기구독',
    ...(isTaxed && { tax_free: program.choice.below(amount + 1) }),
  }
}

/** Some expire while the run lasts. */
function cardOf({ choice, world }: Program): Record<string, string> {
  const number = choice.once(6)
    ? choice.of(badCards)
    : choice.once(20)
      ? choice.of(refusedCards)
      : goodCard
  const expiryMs = choice.once(4) ? world.time.nowMs + choice.below(90 * dayMs) : Date.UTC(2039, 11)
  const expiry = new Date(expiryMs).toISOString().slice(0, 7)
  return { card_number: number, expiry, birth: '880101', pwd_2digit: '12' }
}

async function registerCard(program: Program): Promise<void> {
  const isNew = program.customers.length === 0 || program.choice.once(2)
  const customer = isNew ? `c-${nextName(program)}` : program.choice.of(program.customers)
  const body = cardOf(program)
  const reply = await ask(program, {
    method: 'POST',
    path: `/subscribe/customers/${customer}`,
    body,
  })
  if (reply?.code === 0 && isNew) program.customers.push(customer)
}

async function deleteCustomer(program: Program): Promise<void> {
  if (program.customers.length < 2) return
  const [customer] = program.customers.splice(program.choice.below(program.customers.length), 1)
  // What was reserved for it may be revoked with it.
  const gone = program.reservations.filter((one) => one.customer === customer)
  for (const { merchantUid } of gone) forget(program, merchantUid)
  await ask(program, { method: 'DELETE', path: `/subscribe/customers/${customer}` })
}

async function onetime(program: Program): Promise<void> {
  const order = { ...newOrder(program), ...cardOf(program) }
  await charge(program, '/subscribe/payments/onetime', order)
}

async function onetimeWithKey(program: Program): Promise<void> {
  const customer = `c-${nextName(program)}`
  const order = { ...newOrder(program), ...cardOf(program), customer_uid: customer }
  const status = await charge(program, '/subscribe/payments/onetime', order)
  if (status === 'paid') program.customers.push(customer)
}

async function again(program: Program): Promise<void> {
  if (program.customers.length === 0) return registerCard(program)
  const order = { ...newOrder(program), customer_uid: program.choice.of(program.customers) }
  await charge(program, '/subscribe/payments/again', order)
}

/** Some months ahead at once, at the same hour, as subscription programs do. */
async function subscribe(program: Program): Promise<void> {
  const { choice, world } = program
  if (program.customers.length === 0) return registerCard(program)
  const firstMs = world.time.nowMs + 1_000 + choice.below(20 * dayMs)
  const count = 1 + choice.below(4)
  const entries = Array.from({ length: count }, (_, month) => ({
    ...newOrder(program),
    schedule_at: Math.floor((firstMs + month * 30 * dayMs) / 1_000),
  })).filter((entry) => entry.schedule_at * 1_000 < world.endMs)
  if (entries.length === 0) return
  const withCheck = choice.once(5)
  const customer = choice.of(program.customers)
  const reply = await ask(program, {
    method: 'POST',
    path: '/subscribe/payments/schedule',
    body: {
      customer_uid: customer,
      schedules: entries,
      ...(withCheck && { checking_amount: 100, ...cardOf(program) }),
    },
  })
  if (reply?.code !== 0) return
  program.book.scheduled.push(...entries.map((entry) => entry.merchant_uid))
  program.reservations.push(
    ...entries.map((entry) => ({
      merchantUid: entry.merchant_uid,
      customer,
      atMs: entry.schedule_at * 1_000,
    })),
  )
}

/** Whatever is answered, it need not be executed any more. */
function forget({ book }: Program, merchantUid: string): void {
  const at = book.scheduled.indexOf(merchantUid)
  if (at !== -1) book.scheduled.splice(at, 1)
}

function takeReservation(program: Program, isWanted: (one: Reservation) => boolean) {
  const fitting = program.reservations.filter(isWanted)
  if (fitting.length === 0) return undefined
  const taken = program.choice.of(fitting)
  program.reservations = program.reservations.filter((one) => one !== taken)
  return taken
}

async function unsubscribe(program: Program): Promise<void> {
  // Some at the very moment they are due.
  const nowMs = program.world.time.nowMs
  const found = takeReservation(program, ({ atMs }) => atMs > nowMs - 5_000)
  if (found === undefined) return
  forget(program, found.merchantUid)
  const body = { merchant_uid: [found.merchantUid] }
  await ask(program, { method: 'POST', path: '/subscribe/payments/unschedule', body })
}

async function moveReservation(program: Program): Promise<void> {
  const { time, endMs } = program.world
  const found = takeReservation(program, ({ atMs }) => atMs > time.nowMs)
  if (found === undefined) return
  const atMs = Math.min(time.nowMs + 60_000 + program.choice.below(30 * dayMs), endMs)
  const path = `/subscribe/payments/schedule/${found.merchantUid}`
  const body = { schedule_at: Math.floor(atMs / 1_000) }
  await ask(program, { method: 'PUT', path, body })
  program.reservations.push({ ...found, atMs })
}

/** At once, or for a later time. */
async function retryFailed(program: Program): Promise<void> {
  const { time, endMs } = program.world
  const found = takeReservation(program, ({ atMs }) => atMs < time.nowMs)
  if (found === undefined) return
  const path = `/subscribe/payments/schedule/${found.merchantUid}`
  if (program.choice.once(2)) {
    await ask(program, { method: 'POST', path: `${path}/retry`, body: {} })
    return
  }
  const atMs = Math.min(time.nowMs + 60_000 + program.choice.below(10 * dayMs), endMs)
  const body = { schedule_at: Math.floor(atMs / 1_000) }
  await ask(program, { method: 'POST', path: `${path}/reschedule`, body })
  program.reservations.push({ ...found, atMs })
}

async function cancel(program: Program): Promise<void> {
  const { choice } = program
  const [target] = program.paid.splice(choice.below(program.paid.length), 1)
  if (target === undefined) return again(program)
  const amount = choice.once(2) ? target.leftWon : 1 + choice.below(target.leftWon)
  const body = {
    imp_uid: target.impUid,
    amount,
    reason: '고객 요청',
    ...(choice.once(2) && { checksum: target.leftWon }),
    ...(choice.once(2) && { extra: { requester: 'customer' } }),
  }
  const reply = await ask(program, { method: 'POST', path: '/payments/cancel', body })
  const leftWon = target.leftWon - amount
  if (reply?.code === 0 && reply.outcome !== 'unknown' && leftWon > 0) {
    program.paid.push({ impUid: target.impUid, leftWon })
  }
}

async function lookUp(program: Program): Promise<void> {
  const target = program.paid.at(-1)
  if (target === undefined) return again(program)
  const reply = await ask(program, { method: 'GET', path: `/payments/${target.impUid}` })
  const status = reply?.response?.status
  if (status !== undefined && status !== 'paid' && status !== 'cancelled') {
    const { findings } = program.world
    findings.push({ rule: 'answer was taken back', subject: target.impUid, detail: status })
  }
}

/** Under one key until an answer came. Gives the status. */
async function charge(
  program: Program,
  path: string,
  order: { merchant_uid: string; amount: number },
): Promise<string> {
  const reply = await ask(program, { method: 'POST', path, body: order })
  const impUid = reply?.response?.imp_uid
  if (reply?.code !== 0 || impUid === undefined) {
    program.book.refused += 1
    return 'refused'
  }
  const status = reply.response?.status ?? ''
  program.book.answered.push({ merchantUid: order.merchant_uid, impUid, status })
  if (status === 'paid') program.paid.push({ impUid, leftWon: order.amount })
  return status
}

interface Reply {
  readonly code: number
  readonly message: string | null
  readonly outcome: string | null
  readonly response: { readonly imp_uid?: string; readonly status?: string } | null
}

interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly body?: object
}

const triesMax = 12
/** How long a merchant's program waits for an answer. */
const patienceMs = 40_000

/** Asked until there is an answer, under one key; null when that never came. */
async function ask(program: Program, call: Call): Promise<Reply | null> {
  const { world, choice } = program
  const key = `key-${nextName(program)}`
  for (let tries = 0; tries < triesMax; tries += 1) {
    if (program.token === '') program.token = (await getToken(program)) ?? ''
    const reply = program.token === '' ? null : await send(program, call, key)
    if (reply === null) program.book.lostAnswers += 1
    else if (reply.statusCode === 401) program.token = ''
    else if ([200, 400, 404].includes(reply.statusCode)) {
      const envelope = JSON.parse(reply.body) as Omit<Reply, 'outcome'>
      const outcome = (reply.headers['billkey-outcome'] as string | undefined) ?? null
      world.history.note(
        `${program.name} was told ${envelope.code} ${envelope.response?.status ?? ''} ${envelope.message ?? ''}`,
      )
      return { ...envelope, outcome }
    }
    await world.time.sleep(1_000 + choice.below(tries < 4 ? 60_000 : hourMs))
  }
  return null
}

async function send(program: Program, { method, path, body }: Call, key: string) {
  const { world, choice } = program
  const node = pickApi(world.nodes, choice)
  if (node === null) return null
  world.history.note(`${program.name} asks ${node.life.name}: ${method} ${path}`)
  const asked = node.server.app.inject({
    method,
    url: path,
    headers: { authorization: program.token, 'idempotency-key': key },
    ...(body !== undefined && { payload: body }),
  })
  // Some hang up early, though the work goes on.
  const limitMs = choice.once(25) ? choice.below(8_000) : patienceMs
  return world.time.within(node.life, limitMs, Promise.resolve(asked))
}

async function getToken({ world, choice, merchant }: Program): Promise<string | null> {
  const node = pickApi(world.nodes, choice)
  if (node === null) return null
  const asked = node.server.app.inject({
    method: 'POST',
    url: '/users/getToken',
    payload: { imp_key: merchant.impKey, imp_secret: merchant.impSecret },
  })
  const reply = await world.time.within(node.life, patienceMs, Promise.resolve(asked))
  if (reply?.statusCode !== 200) return null
  const { response } = JSON.parse(reply.body) as { response: { access_token: string } }
  return response.access_token
}
