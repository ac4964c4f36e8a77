// Everything that handles a secret, done once with secrets that can be recognised: every route, approvals, declines,
// faults of the PG, malformed requests, an outage of the database. Whatever billkey says back is written down.

import { connect } from 'node:net'
import { once } from 'node:events'

import type { TestApp } from '../support/app.ts'
import type { Canary, Place } from '../support/canaries.ts'
import { endSessions, shutDatabase } from './database-sabotage.ts'
import { orderFault } from './outcome-checks.ts'
import type { Told, WireTap } from './wire-tap.ts'

export interface CanaryCard {
  readonly number: string
  readonly expiry: string
  readonly birth: string
  readonly password: string
  readonly cvc: string
}

export interface Stage {
  readonly app: TestApp
  readonly tap: WireTap
  /** Where billkey listens: the test app's own server or another process. */
  readonly url: string
  readonly card: CanaryCard
  /** Fails the simulator's check, so the PG refuses it in words of its own. */
  readonly wrongNumber: string
  readonly wrongSecret: string
}

export interface Heard {
  /** Every answer, headers and body, but for the one that hands out the access token. */
  readonly places: readonly Place[]
  readonly accessToken: string
}

export async function runWithCanaries(stage: Stage): Promise<Heard> {
  const places: Place[] = []
  const call = createCaller(stage, places)
  const accessToken = await logIn(stage, call)
  const run: Run = {
    ...stage,
    call: (method, path, body, more) =>
      call(method, path, body, { authorization: accessToken, ...more }),
  }
  await chargeOrdinarily(run)
  await chargeWithFaults(run)
  await quoteSecrets(run)
  await sendNonsense(run)
  await lookUp(run)
  await breakDatabase(run)
  await speakRaw(stage, accessToken, places)
  return { places, accessToken }
}

type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<string>

interface Run extends Stage {
  readonly call: Call
}

function createCaller({ url }: Stage, places: Place[]): Call {
  return async (method, path, body, headers = {}) => {
    const isText = typeof body === 'string'
    const reply = await fetch(url + path, {
      method,
      headers: { ...(isText ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
    })
    const text = await reply.text()
    if (!path.startsWith('/users/getToken') || reply.status !== 200) {
      const said = JSON.stringify([...reply.headers])
      places.push({ name: `answer to ${method} ${path.split('?')[0]}`, text: `${said}\n${text}` })
    }
    return text
  }
}

async function logIn({ app, wrongSecret }: Stage, call: Call): Promise<string> {
  const { impKey, impSecret } = app.merchant
  const key = { imp_key: impKey }
  await call('POST', '/users/getToken', { ...key, imp_secret: wrongSecret })
  await call('POST', '/users/getToken', `imp_key=${impKey}&imp_secret=${wrongSecret}`, formType)
  await call(
    'POST',
    '/users/getToken',
    `{"imp_key":"${impKey}","imp_secret":"${impSecret}"`,
    jsonType,
  )
  await call('GET', `/users/getToken?imp_key=${impKey}&imp_secret=${impSecret}`)
  await call('POST', '/users/getToken', `imp_key=${impKey}&imp_secret=${impSecret}`, formType)
  const answer = await call('POST', '/users/getToken', { ...key, imp_secret: impSecret })
  return (JSON.parse(answer) as { response: { access_token: string } }).response.access_token
}

const jsonType = { 'content-type': 'application/json' }
const formType = { 'content-type': 'application/x-www-form-urlencoded' }

let orders = 0

function order(run: Run): Record<string, unknown> {
  orders += 1
  return { merchant_uid: `canary-${orders}-${run.url.slice(-5)}`, amount: 3000, name: '정기구독' }
}

function cardFields({ card }: Run, number = card.number): Record<string, string> {
  return {
    card_number: number.replaceAll(/(.{4})(?=.)/g, '$1-'),
    expiry: card.expiry,
    birth: card.birth,
    pwd_2digit: card.password,
    cvc: card.cvc,
  }
}

const onetimePath = '/subscribe/payments/onetime'
const customer = 'canary-customer'

async function chargeOrdinarily(run: Run): Promise<void> {
  const { call } = run
  const wrong = cardFields(run, run.wrongNumber)
  await call('POST', onetimePath, { ...order(run), ...cardFields(run) })
  await call('POST', onetimePath, { ...order(run), ...cardFields(run), customer_uid: customer })
  await call('POST', onetimePath, { ...order(run), ...wrong })
  await call('POST', onetimePath, { ...order(run), ...wrong, customer_uid: 'canary-refused' })
  await call('POST', `/subscribe/customers/${customer}`, cardFields(run))
  await call('POST', '/subscribe/customers/canary-refused', wrong)
  await call('POST', '/subscribe/payments/again', { ...order(run), customer_uid: customer })
  await call('POST', onetimePath, form({ ...order(run), ...cardFields(run) }), formType)
  const keyed = { ...order(run), ...cardFields(run) }
  const idempotencyKey = { 'idempotency-key': `canary-${orders}` }
  await call('POST', onetimePath, keyed, idempotencyKey)
  await call('POST', onetimePath, keyed, idempotencyKey)
  await call('POST', onetimePath, { ...keyed, amount: 4000 }, idempotencyKey)
  // A key that waits for a payment that stays unknown.
  await orderFault(run.app, { match: { paymethod: 'CARD-BATCH' }, fault: 'answer_lost' })
  const waiting = { ...order(run), ...cardFields(run), customer_uid: `canary-waits-${orders}` }
  await call('POST', onetimePath, waiting)
  const tomorrow = Math.floor(run.app.parts.clock.now() / 1000) + 86_400
  const schedules = [{ ...order(run), schedule_at: tomorrow }]
  const reservation = { ...cardFields(run), schedules, checking_amount: 0 }
  await call('POST', '/subscribe/payments/schedule', {
    ...reservation,
    customer_uid: 'canary-later',
  })
  await call('POST', '/subscribe/payments/foreign', { ...order(run), ...cardFields(run) })
}

function form(fields: Record<string, unknown>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join('&')
}

async function chargeWithFaults(run: Run): Promise<void> {
  const names = ['answer_lost', 'http_502', 'truncated', 'garbage', 'wrong_token', 'over_limit']
  for (const payMethod of ['CARD-SUGI', 'CARD-KEYGEN', 'CARD-BATCH']) {
    for (const fault of [...names, 'reset_before_commit', 'uncertain_after_commit']) {
      await orderFault(run.app, { match: { paymethod: payMethod }, fault })
      await chargeBy(run, payMethod)
    }
    for (const fault of ['http_500', 'garbage', 'foreign_return_url', 'fail_fail']) {
      await orderFault(run.app, { match: { step: 'ready', paymethod: payMethod }, fault })
      await chargeBy(run, payMethod)
    }
  }
}

function chargeBy(run: Run, payMethod: string): Promise<string> {
  const { call } = run
  if (payMethod === 'CARD-SUGI') {
    return call('POST', onetimePath, { ...order(run), ...cardFields(run) })
  }
  if (payMethod === 'CARD-KEYGEN') {
    return call('POST', `/subscribe/customers/canary-${orders}`, cardFields(run))
  }
  return call('POST', '/subscribe/payments/again', { ...order(run), customer_uid: customer })
}

/** A PG that quotes everything it was told: in its message, in fields we do not know, in what is no JSON at all. */
async function quoteSecrets(run: Run): Promise<void> {
  const said = (told: Told, code: string) => ({
    RESULTCODE: code,
    ERRORMESSAGE: `거절: ${told.secrets}`,
    TOKEN: told.token,
  })
  const quotes: readonly ((told: Told) => string)[] = [
    (told) => JSON.stringify(said(told, 'S999')),
    (told) => JSON.stringify(said(told, '9000')),
    (told) => JSON.stringify({ ...said(told, 'S999'), ...told.fields, MEMO: told.secrets }),
    (told) => JSON.stringify({ ...said(told, '0000'), [told.secrets]: told.secrets }),
    (told) => `<html>${told.secrets}</html>`,
    (told) => `{"RESULTCODE":"0000","CARDNO":"${told.fields['CARDNO']}","MEMO":"${told.secrets}`,
  ]
  for (const payMethod of ['CARD-SUGI', 'CARD-KEYGEN', 'CARD-BATCH']) {
    for (const quote of quotes) {
      run.tap.answerNext(quote)
      await chargeBy(run, payMethod)
    }
  }
}

async function sendNonsense(run: Run): Promise<void> {
  const { call, card } = run
  const good = { ...order(run), ...cardFields(run) }
  const text = JSON.stringify(good)
  for (const fault of [
    { amount: 'many' },
    { amount: -1 },
    { card_number: `${card.number}x${card.number}` },
    { card_number: card.number.repeat(5) },
    { card_number: { deep: card.number } },
    { card_number: [card.number] },
    { card_number: Number(card.number) },
    { expiry: `${card.expiry}-${card.number}` },
    { birth: `${card.birth}${card.birth}` },
    { pwd_2digit: `${card.password}${card.password}${card.number.slice(0, 10)}` },
    { name: `\u0000${'가'.repeat(300)}` },
    { channel_key: 'channel-key-nobody' },
    { customer_uid: 'x'.repeat(100) },
  ]) {
    await call('POST', onetimePath, { ...good, ...fault })
    await call('POST', '/subscribe/customers/canary-nonsense', { ...good, ...fault })
  }
  await call('POST', onetimePath, `${text.slice(0, -1)},`, jsonType)
  await call('POST', onetimePath, text, { 'content-type': 'text/plain' })
  await call('POST', onetimePath, text, { 'content-type': 'multipart/form-data; boundary=x' })
  await call('POST', onetimePath, text + ' '.repeat(1_200_000), jsonType)
  await call('POST', `${onetimePath}?${form(good)}`)
  await call('GET', `${onetimePath}?${form(good)}`)
  await call('POST', '/nowhere', good)
  await call('POST', onetimePath, good, { authorization: run.wrongSecret })
}

/** Opens the series of the server under test: they are searched like everything else that leaves it. */
export const metricsToken = 'a-token-for-series-that-is-no-canary'

async function lookUp(run: Run): Promise<void> {
  const { call, app } = run
  const { rows } = await app.parts.db.query<{ imp_uid: string }>({
    name: null,
    text: 'select imp_uid from payments order by started_at desc limit 20',
  })
  for (const { imp_uid: impUid } of rows) await call('GET', `/payments/${impUid}`)
  for (const path of [
    '/payments/status/all?limit=100',
    `/subscribe/customers/${customer}`,
    `/subscribe/customers/${customer}/payments`,
    `/subscribe/customers?customer_uid[]=${customer}`,
    '/users/pg',
    '/healthz',
    '/readyz',
    '/cards',
  ]) {
    await call('GET', path)
  }
  await call('GET', '/metrics', undefined, { authorization: `Bearer ${metricsToken}` })
  await call('POST', '/payments/cancel', { imp_uid: rows[0]?.imp_uid, reason: '고객 변심' })
  await call('DELETE', `/subscribe/customers/${customer}`)
  await call('DELETE', `/subscribe/customers/${customer}`)
}

/** Statements fail that have sealed keys and masked cards among their values, and the failures are logged. */
async function breakDatabase(run: Run): Promise<void> {
  const body = () => ({
    ...order(run),
    ...cardFields(run),
    customer_uid: `canary-broken-${orders}`,
  })
  await Promise.all([run.call('POST', onetimePath, body()), endSessions(run.app)])
  const openDatabase = await shutDatabase(run.app)
  await run.call('POST', onetimePath, body())
  await run.call('POST', `/subscribe/customers/${customer}`, cardFields(run))
  await openDatabase()
}

/** What no HTTP client would send. */
async function speakRaw({ url, card }: Stage, token: string, places: Place[]): Promise<void> {
  const { hostname, port } = new URL(url)
  for (const text of [
    `POST /subscribe/payments/onetime?card_number=${card.number} NOT-HTTP\r\n\r\n`,
    `GET /payments?_token=${token} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    `GET /${card.number} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    `GET / HTTP/1.1\r\nX-Card: ${card.number.repeat(2_000)}\r\n\r\n`,
  ]) {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined) // It may be cut in the middle of what we say.
    let answer = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk))
    socket.end(text)
    await once(socket, 'close')
    places.push({ name: 'answer to nonsense', text: answer })
  }
}

/** The canaries of a run, with what billkey and the PG made of them. */
export function canariesOf(stage: Stage, { accessToken }: Heard): Canary[] {
  const { card, app, tap } = stage
  const secret = (name: string, value: string): Canary => ({ name, value, kind: 'secret' })
  return [
    { name: 'card number', value: card.number, kind: 'card' },
    { name: 'wrong card number', value: stage.wrongNumber, kind: 'card' },
    { name: 'expiry', value: card.expiry, kind: 'short' },
    { name: 'expiry on the wire', value: card.expiry.replace('-', ''), kind: 'short' },
    { name: 'birth', value: card.birth, kind: 'short' },
    {
      name: 'password digits',
      value: card.password,
      kind: 'short',
      near: ['pwd_2digit', 'CARDPASSWORD', 'password', 'passwordTwoDigits'],
    },
    { name: 'CVC', value: card.cvc, kind: 'short' },
    secret('imp_secret', app.merchant.impSecret),
    secret('wrong imp_secret', stage.wrongSecret),
    secret('access token', accessToken),
    ...tap.handedOut().map((value) => secret('AUTOKEY or TOKEN', value)),
  ]
}
