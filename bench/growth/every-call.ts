// Every call of the API and of the console, as load: on rows that the rig made itself, so that they are the same however
// much else is in the database.

import { testCards } from '../../simulator/test-cards.ts'
import { consoleAreas } from '../../src/console/console-api.ts'
import { adHocSql } from '../../src/db/database.ts'
import { addOperator } from '../../src/operators/manage-operators.ts'
import { startSession } from '../../src/operators/start-session.ts'
import { Secret } from '../../src/primitives/secret.ts'
import { requestText } from '../load/http-connection.ts'
import type { HttpWork } from '../load/task.ts'
import { callApi, card, liveToken, type Rig } from '../rig.ts'
import { againBody, againWork, getTokenWork, onetimeWork } from '../rows/requests.ts'

export interface MeasuredCall {
  readonly name: string
  readonly work: HttpWork
}

/** What the calls are about. */
export interface Subjects {
  readonly impUid: string
  readonly merchantUid: string
  readonly customerUid: string
  readonly scheduleId: string
  readonly webhookId: string
  readonly discrepancyId: string
  readonly cancellable: readonly string[]
}

const paymentsToCancel = 200
/** More than a page, as there are of everything else that is listed. */
const paymentsToFail = 60
const declinedCard = testCards.find(({ atCharge }) => atCharge === 'declined')?.number
const customerUid = 'customer-1'
const customer = 1

/** With a token and a session that are new: neither outlives the filling of a database. */
export async function prepareCalls(rig: Rig, subjects: Subjects): Promise<MeasuredCall[]> {
  return [...(await apiCalls(rig, subjects)), ...(await consoleCalls(rig, subjects))]
}

export async function makeSubjects(rig: Rig): Promise<Subjects> {
  const impUids: string[] = []
  for (let at = 0; at < paymentsToCancel + 1; at += 1) {
    const order = againBody(customer).replace('order-{unique}', `subject-${at}`)
    const paid = await callApi(
      rig,
      'POST',
      '/subscribe/payments/again',
      JSON.parse(order) as object,
    )
    impUids.push((JSON.parse(paid) as { response: { imp_uid: string } }).response.imp_uid)
  }
  const [impUid = '', ...cancellable] = impUids
  for (let at = 0; at < paymentsToFail; at += 1) {
    const order = {
      merchant_uid: `refused-${at}`,
      amount: 9900,
      ...card,
      card_number: declinedCard,
    }
    await callApi(rig, 'POST', '/subscribe/payments/onetime', order)
  }
  await callApi(rig, 'POST', '/subscribe/payments/schedule', {
    customer_uid: customerUid,
    schedules: [
      { merchant_uid: 'planned-1', schedule_at: 1_900_000_000, amount: 9900, name: 'plan' },
    ],
  })
  const discrepancyId = rig.parts.ids.uuid()
  await rig.parts.db.query(
    adHocSql(`insert into discrepancies (
        merchant_id, discrepancy_id, kind, channel_key, order_number, amount, detail, raised_at)
      select merchant_id, '${discrepancyId}', 'foreign_charge', channel_key, 'order', 9900, 'made for the benchmark', now()
      from channels where merchant_id = ${rig.merchant.merchantId}`),
  )
  const ids = await rig.parts.db.query<{ scheduleId: string; webhookId: string }>(
    adHocSql(`select (select schedule_id from schedules where merchant_uid = 'planned-1') as "scheduleId",
      (select webhook_id from webhooks where imp_uid = '${impUid}') as "webhookId"`),
  )
  const [made] = ids.rows
  if (made === undefined) throw new Error('no schedule and no webhook were made')
  return { impUid, merchantUid: 'subject-0', customerUid, cancellable, discrepancyId, ...made }
}

async function apiCalls(rig: Rig, subjects: Subjects): Promise<MeasuredCall[]> {
  const headers = { authorization: await liveToken(rig) }
  const { impUid, merchantUid, cancellable } = subjects
  const call = (name: string, requests: readonly string[]): MeasuredCall => ({
    name,
    work: { kind: 'http', origin: rig.api.url, requests, mustContain: '"code":0' },
  })
  const get = (path: string) => call(`GET ${path}`, [requestText('GET', path, { headers })])
  const post = (path: string, bodies: readonly object[]) =>
    call(
      `POST ${path}`,
      bodies.map((body) => requestText('POST', path, { headers, body: JSON.stringify(body) })),
    )
  // Outside the period that is asked for below: how many of them there are is a matter of how fast they were made.
  const planned = { merchant_uid: 'later-{unique}', schedule_at: 1_950_000_000, amount: 9900 }
  return [
    { name: 'POST /subscribe/payments/again', work: await againWork(rig) },
    { name: 'POST /subscribe/payments/onetime', work: await onetimeWork(rig) },
    { name: 'POST /users/getToken', work: getTokenWork(rig) },
    post('/subscribe/customers/new-{unique}', [card]),
    // A won of each in turn: what is left of a payment lasts longer than the measurement.
    post(
      '/payments/cancel',
      cancellable.map((imp_uid) => ({ imp_uid, amount: 1 })),
    ),
    post('/subscribe/payments/schedule', [
      { customer_uid: customerUid, schedules: [{ ...planned, name: 'plan' }] },
    ]),
    post('/payments/prepare', [{ merchant_uid: 'prepared-{unique}', amount: 9900 }]),
    get(`/payments/${impUid}`),
    get(`/payments?imp_uid[]=${impUid}`),
    get(`/payments/find/${merchantUid}`),
    get(`/payments/findAll/${merchantUid}/paid`),
    get('/payments/status/paid?limit=20'),
    get('/payments/status/failed?limit=20'),
    get('/payments/status/all?limit=20'),
    get(`/subscribe/customers/${customerUid}`),
    get(`/subscribe/customers/${customerUid}/payments`),
    get(`/subscribe/customers/${customerUid}/schedules?from=1899000000&to=1901000000`),
    get('/subscribe/payments/schedule/planned-1'),
    get('/users/pg'),
  ]
}

/**
 * Files, and proofs over a whole trail, grow with what is asked for and not with what else there is. Test cards are told
 * by a sandbox only, and nothing is read for them.
 */
const leftOut = new Set(['/payments/export', '/audit/verify', '/test-cards'])

const month = new Date().toISOString().slice(0, 7)
/** What some calls must be told, and filters that people use. */
const queries: Readonly<Record<string, readonly string[]>> = {
  '/overview': ['', '?period=month'],
  '/payments': [
    '',
    '?state=failed',
    '?state=unknown',
    '?q=subject-',
    `?customerUid=${customerUid}`,
  ],
  '/payments/count': ['', '?state=failed'],
  '/schedules': ['', `?customerUid=${customerUid}`],
  '/schedules/calendar': [`?month=${month}`],
  '/webhooks/deliveries': ['', '?state=given_up'],
  '/billing-keys': ['', '?q=customer-'],
}

async function consoleCalls(rig: Rig, subjects: Subjects): Promise<MeasuredCall[]> {
  const cookie = `billkey=${await signIn(rig)}`
  const subjectOf: Readonly<Record<string, string>> = { ...subjects, cancellable: '' }
  const gets = Object.values(consoleAreas)
    .flat()
    .filter(
      ({ method, url, access }) => method === 'GET' && access !== 'anyone' && !leftOut.has(url),
    )
  const paths = gets.flatMap(({ url }) =>
    (queries[url] ?? ['']).map(
      (query) => url.replaceAll(/:(\w+)/g, (_, name: string) => subjectOf[name] ?? '0') + query,
    ),
  )
  return paths.map((path) => ({
    name: `console GET ${path}`,
    work: {
      kind: 'http',
      origin: rig.api.url,
      requests: [requestText('GET', `/console/api${path}`, { headers: { cookie } })],
      mustContain: '{',
    },
  }))
}

async function signIn({ parts, merchant }: Rig): Promise<string> {
  const wanted = {
    merchantId: merchant.merchantId,
    email: 'owner@shop.example',
    name: 'owner',
    role: 'owner',
    password: new Secret('a long and quiet river 7'),
  } as const
  const added = await addOperator(parts, wanted, 'bench')
  if (added.kind !== 'added') throw new Error(added.kind)
  const browser = { clientIp: '127.0.0.1', userAgent: 'bench' }
  return (await startSession(parts, added.operator, browser, false)).token
}
