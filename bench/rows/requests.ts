// What merchants' programs send, as the load sends it.

import { requestText } from '../load/http-connection.ts'
import type { HttpWork } from '../load/task.ts'
import { callApi, card, customers, liveToken, type Rig } from '../rig.ts'

const buyer = {
  buyer_name: 'buyer',
  buyer_email: 'buyer@example.com',
  buyer_tel: '010-0000-0000',
  custom_data: '{"plan":"monthly","seats":3}',
}

export function againBody(customer: number): string {
  return JSON.stringify({
    customer_uid: `customer-${customer}`,
    merchant_uid: 'order-{unique}',
    amount: 9900,
    name: 'plan',
    ...buyer,
  })
}

export const onetimeBody = JSON.stringify({
  merchant_uid: 'order-{unique}',
  amount: 9900,
  name: 'plan',
  ...card,
  ...buyer,
})

export async function againWork(rig: Rig): Promise<HttpWork> {
  const headers = { authorization: await liveToken(rig) }
  const path = '/subscribe/payments/again'
  return {
    kind: 'http',
    origin: rig.api.url,
    requests: Array.from({ length: customers }, (_, at) =>
      requestText('POST', path, { headers, body: againBody(at) }),
    ),
    mustContain: '"status":"paid"',
  }
}

export async function onetimeWork(rig: Rig): Promise<HttpWork> {
  const headers = { authorization: await liveToken(rig) }
  const path = '/subscribe/payments/onetime'
  return {
    kind: 'http',
    origin: rig.api.url,
    requests: [requestText('POST', path, { headers, body: onetimeBody })],
    mustContain: '"status":"paid"',
  }
}

export async function getPaymentWork(rig: Rig, impUids: readonly string[]): Promise<HttpWork> {
  const headers = { authorization: await liveToken(rig) }
  return {
    kind: 'http',
    origin: rig.api.url,
    requests: impUids.map((impUid) => requestText('GET', `/payments/${impUid}`, { headers })),
    mustContain: '"code":0',
  }
}

export function getTokenWork({ api, merchant }: Rig): HttpWork {
  const body = JSON.stringify({ imp_key: merchant.impKey, imp_secret: merchant.impSecret })
  return {
    kind: 'http',
    origin: api.url,
    requests: [requestText('POST', '/users/getToken', { body })],
    mustContain: '"access_token"',
  }
}

/** A paid payment, and the bytes that `GET /payments/{imp_uid}` answers for it. */
export async function makePayment(rig: Rig): Promise<{ impUid: string; answer: string }> {
  const order = JSON.parse(
    againBody(0).replace('order-{unique}', `made-${process.hrtime.bigint()}`),
  ) as object
  const paid = await callApi(rig, 'POST', '/subscribe/payments/again', order)
  const { response } = JSON.parse(paid) as { response: { imp_uid: string } }
  const answer = await callApi(rig, 'GET', `/payments/${response.imp_uid}`)
  return { impUid: response.imp_uid, answer }
}
