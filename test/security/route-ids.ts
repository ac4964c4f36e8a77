// Which parameters of which route name something of a merchant. A route that stands here nowhere fails the walk, and so
// does a parameter that is neither an id nor a plain value: who adds one has to say what another merchant could do with it.

import { cardFields } from '../api/orders.ts'

export interface RouteIds {
  /** Parameters that name something, `schedules.merchant_uid` for one inside a list. */
  readonly ids: readonly string[]
  /** What else a call needs to be carried out; `fresh` is a name that nobody has used, `own` what the caller has. */
  readonly fields?: (fresh: string, own: Own) => Record<string, unknown>
}

/** What the calling merchant has itself. */
export interface Own {
  readonly customerUid: string
  readonly nowSeconds: number
}

const order = (fresh: string) => ({ merchant_uid: fresh, amount: 1000 })
const cardOrder = (fresh: string) => ({ ...order(fresh), ...cardFields() })
const none: RouteIds = { ids: [] }
const window = ({ nowSeconds }: Own) => ({
  schedule_from: nowSeconds - 86_400,
  schedule_to: nowSeconds + 30 * 86_400,
})

export const routeIds: Readonly<Record<string, RouteIds>> = {
  'POST /users/getToken': { ids: ['imp_key', 'imp_secret'], fields: guessedKey },
  'GET /users/pg': none,
  'POST /subscribe/payments/onetime': {
    ids: ['merchant_uid', 'customer_uid', 'channel_key', 'pg'],
    fields: cardOrder,
  },
  'POST /subscribe/payments/foreign': {
    ids: ['merchant_uid', 'customer_uid', 'channel_key', 'pg'],
    fields: cardOrder,
  },
  'POST /subscribe/payments/again': {
    ids: ['merchant_uid', 'customer_uid'],
    fields: (fresh, { customerUid }) => ({ ...order(fresh), customer_uid: customerUid }),
  },
  'POST /payments/cancel': { ids: ['imp_uid', 'merchant_uid'], fields: () => ({ reason: 'test' }) },
  'POST /subscribe/payments/schedule': {
    ids: ['customer_uid', 'customer_id', 'channel_key', 'pg', 'schedules.merchant_uid'],
    fields: (fresh, { customerUid, nowSeconds }) => ({
      customer_uid: customerUid,
      schedules: [{ ...order(fresh), schedule_at: nowSeconds + 86_400 }],
    }),
  },
  'POST /subscribe/payments/unschedule': { ids: ['customer_uid', 'merchant_uid'] },
  'PUT /subscribe/payments/schedule/:merchant_uid': { ids: ['merchant_uid'], fields: moved },
  'POST /subscribe/payments/schedule/:merchant_uid/reschedule': {
    ids: ['merchant_uid'],
    fields: moved,
  },
  'POST /subscribe/payments/schedule/:merchant_uid/retry': { ids: ['merchant_uid'] },
  'GET /subscribe/payments/schedule': { ids: [], fields: (_, own) => window(own) },
  'GET /subscribe/customers/:customer_uid/schedules': {
    ids: ['customer_uid'],
    fields: (_, own) => window(own),
  },
  'GET /subscribe/payments/schedule/customers/:customer_uid': {
    ids: ['customer_uid'],
    fields: (_, own) => window(own),
  },
  'GET /subscribe/payments/schedule/:merchant_uid': { ids: ['merchant_uid'] },
  'POST /subscribe/customers/:customer_uid': {
    ids: ['customer_uid', 'customer_id', 'channel_key', 'pg'],
    fields: () => cardFields(),
  },
  'GET /subscribe/customers/:customer_uid': { ids: ['customer_uid'] },
  'GET /subscribe/customers': { ids: ['customer_uid'] },
  'DELETE /subscribe/customers/:customer_uid': { ids: ['customer_uid'] },
  'GET /payments': { ids: ['imp_uid', 'merchant_uid'] },
  'GET /payments/:imp_uid': { ids: ['imp_uid'] },
  'GET /payments/:imp_uid/balance': { ids: ['imp_uid'] },
  'GET /payments/find/:merchant_uid/:payment_status?': { ids: ['merchant_uid'] },
  'GET /payments/findAll/:merchant_uid/:payment_status?': { ids: ['merchant_uid'] },
  'GET /payments/status/:payment_status': { ids: [], fields: () => ({ payment_status: 'all' }) },
  'GET /subscribe/customers/:customer_uid/payments': { ids: ['customer_uid'] },
  'POST /payments/prepare': { ids: ['merchant_uid'], fields: order },
  'PUT /payments/prepare': { ids: ['merchant_uid'], fields: order },
  'GET /payments/prepare/:merchant_uid': { ids: ['merchant_uid'] },
  'GET /cards': none,
  'GET /cards/:code': { ids: ['code'] },
  'GET /banks': none,
  'GET /banks/:code': { ids: ['code'] },
  'GET /tiers/:tier_code': { ids: ['tier_code'] },
  'GET /sandbox/clock': none,
  'POST /sandbox/clock/freeze': none,
  'POST /sandbox/clock/advance': none,
  'POST /sandbox/clock/release': none,
  // Not of V1, and without a token.
  'GET /notifications/daou/:channelKey': {
    ids: ['channelKey', 'ORDERNO', 'DAOUTRX'],
    fields: told,
  },
  'GET /healthz': none,
  'GET /readyz': none,
  'GET /metrics': none,
  'GET /openapi.json': none,
  'GET /docs': none,
  'GET /docs/start.js': none,
  'GET /docs/swagger-ui.css': none,
  'GET /docs/swagger-ui-bundle.js': none,
  'GET /docs/favicon-32x32.png': none,
}

function guessedKey(fresh: string) {
  return { imp_key: fresh, imp_secret: fresh.repeat(3) }
}

function moved(_: string, { nowSeconds }: Own) {
  return { schedule_at: nowSeconds + 2 * 86_400 }
}

function told(fresh: string) {
  return { CPID: 'CTS00001', PAYMETHOD: 'CARD', AMOUNT: '3000', DAOUTRX: fresh, ORDERNO: fresh }
}

/** Parameters that name nothing of anybody's. */
export const plainParameters: ReadonlySet<string> = new Set(
  `amount tax_free vat_amount vat name buyer_name buyer_email buyer_tel buyer_addr buyer_postcode card_quota custom_data
   notice_url browser_ip currency card_number expiry birth pwd_2digit checksum reason enable_webhook checking_amount
   schedules schedule_at schedule_from schedule_to schedule_status page limit sorting payment_status from to
   customer_name customer_tel customer_email customer_addr customer_postcode at days to_next_event`
    .split(/\s+/)
    .filter((name) => name !== ''),
)
