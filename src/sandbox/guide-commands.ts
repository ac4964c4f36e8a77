// The commands of the PAYJOA guide, with a merchant's own values. Each run names new orders, since an order is paid
// once.

export interface GuideStep {
  readonly key: 'token' | 'onetime' | 'billing_key' | 'onetime_with_key' | 'again' | 'schedule'
  /** The guide's number and what it does. */
  readonly note: string
  readonly method: 'POST'
  readonly path: string
  readonly body: object
}

const customer = 'your-customer-unique-id'
const card = { card_number: '1234-1234-1234-1234' }

/** §2 to §5. `run` tells the orders of one run from those of another. */
export function guideSteps(run: string): readonly GuideStep[] {
  const post = (key: GuideStep['key'], note: string, path: string, body: object): GuideStep => {
    return { key, note, method: 'POST', path, body }
  }
  return [
    post(
      'onetime',
      '2. one-time payment; the card is not stored',
      '/subscribe/payments/onetime',
      order(run, '2', { ...card, expiry: '2019-01', birth: '123456', amount: 3000 }),
    ),
    post('billing_key', '3. billing key', `/subscribe/customers/${customer}`, {
      ...card,
      expiry: '2025-12',
      birth: '820213',
      pwd_2digit: '00',
    }),
    post('onetime_with_key', '4. billing key and first payment', '/subscribe/payments/onetime', {
      customer_uid: customer,
      ...order(run, '4', { ...card, expiry: '2019-01', birth: '123456', amount: 3000 }),
      pwd_2digit: '00',
    }),
    post('again', '5. payment with the billing key', '/subscribe/payments/again', {
      customer_uid: customer,
      ...order(run, '5', { amount: 3000 }),
    }),
  ]
}

function order(run: string, step: string, rest: object): object {
  return { merchant_uid: `order_id_${run}${step}`, ...rest }
}

/** What comes before them: a token, which lives half an hour. */
export function tokenStep(impKey: string | null): GuideStep {
  return {
    key: 'token',
    note: '1. access token',
    method: 'POST',
    path: '/users/getToken',
    body: { imp_key: impKey ?? 'your-imp-key', imp_secret: 'your-imp-secret' },
  }
}

/** And after them: a payment in a month. */
export function scheduleStep(run: string, nowMs: number): GuideStep {
  const scheduleAt = Math.floor(nowMs / 1000) + 30 * 86_400
  return {
    key: 'schedule',
    note: '6. payment in thirty days',
    method: 'POST',
    path: '/subscribe/payments/schedule',
    body: {
      customer_uid: customer,
      schedules: [{ ...order(run, '6', { amount: 3000 }), schedule_at: scheduleAt }],
    },
  }
}

/** For a shell. `token` null: the call needs none. */
export function curlOf(
  { method, path, body }: GuideStep,
  apiUrl: string,
  token: string | null,
): string {
  const authorization = token === null ? '' : ` -H "Authorization: ${token}"`
  return [
    `curl -H "Content-Type: application/json"${authorization} \\`,
    `     -X ${method} -d '${JSON.stringify(body)}' \\`,
    `     ${apiUrl}${path}`,
  ].join('\n')
}
