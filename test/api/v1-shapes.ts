// The part of V1's published document that is in scope, as facts: which paths and methods there are, which statuses
// they answer with, and of what fields and types the answers are. What we do otherwise stands in
// docs/compatibility.md and not here.

export type FieldType =
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'object'
  | 'strings'
  | `list of ${ShapeName}`

export interface Shape {
  readonly fields: Readonly<Record<string, FieldType>>
  /** Never null. Every other field may be, when there is nothing to say. */
  readonly required: readonly string[]
}

export type ShapeName =
  | 'Auth'
  | 'Cancel'
  | 'Channel'
  | 'Code'
  | 'Customer'
  | 'Deposit'
  | 'Payment'
  | 'PaymentPage'
  | 'Prepared'
  | 'Schedule'
  | 'Tier'
  | 'Balance'

function fieldsOf(type: FieldType, names: string): Record<string, FieldType> {
  return Object.fromEntries(names.split(' ').map((name) => [name, type]))
}

const words = (text: string) => text.split(' ')

const card =
  'card_name card_code card_issuer_code card_issuer_name card_publisher_code card_publisher_name card_number'

export const shapes: Readonly<Record<ShapeName, Shape>> = {
  Auth: {
    fields: { ...fieldsOf('string', 'access_token'), ...fieldsOf('integer', 'expired_at now') },
    required: words('access_token expired_at now'),
  },
  Customer: {
    fields: {
      ...fieldsOf('string', `customer_uid pg_provider pg_id customer_id ${card}`),
      ...fieldsOf(
        'string',
        'customer_name customer_tel customer_email customer_addr customer_postcode',
      ),
      ...fieldsOf('integer', 'card_type inserted updated'),
      ...fieldsOf('boolean', 'sandbox'),
    },
    required: words('customer_uid pg_provider pg_id card_name inserted updated sandbox'),
  },
  Payment: {
    fields: {
      ...fieldsOf('string', 'imp_uid merchant_uid pay_method channel pg_provider emb_pg_provider'),
      ...fieldsOf('string', `pg_tid pg_id apply_num bank_code bank_name ${card}`),
      ...fieldsOf('string', 'vbank_code vbank_name vbank_num vbank_holder name currency'),
      ...fieldsOf(
        'string',
        'buyer_name buyer_email buyer_tel buyer_addr buyer_postcode custom_data',
      ),
      ...fieldsOf('string', 'user_agent status fail_reason cancel_reason receipt_url'),
      ...fieldsOf('string', 'customer_uid customer_uid_usage'),
      ...fieldsOf('integer', 'card_quota card_type vbank_date vbank_issued_at'),
      ...fieldsOf('integer', 'started_at paid_at failed_at cancelled_at'),
      ...fieldsOf('number', 'amount cancel_amount'),
      ...fieldsOf('boolean', 'sandbox escrow cash_receipt_issued'),
      cancel_history: 'list of Cancel',
      deposit_history: 'list of Deposit',
      cancel_receipt_urls: 'strings',
      promotion: 'object',
    },
    required: words('imp_uid merchant_uid amount cancel_amount currency status sandbox'),
  },
  Cancel: {
    fields: {
      ...fieldsOf('string', 'pg_tid reason cancellation_id receipt_url'),
      amount: 'number',
      cancelled_at: 'integer',
    },
    required: words('pg_tid amount reason cancelled_at cancellation_id'),
  },
  Deposit: {
    fields: {
      ...fieldsOf('string', 'pg_tid depositor_name'),
      amount: 'number',
      deposited_at: 'integer',
    },
    required: words('pg_tid amount depositor_name deposited_at'),
  },
  PaymentPage: {
    fields: { ...fieldsOf('integer', 'total previous next'), list: 'list of Payment' },
    required: words('total previous next list'),
  },
  Prepared: {
    fields: { ...fieldsOf('string', 'merchant_uid currency'), amount: 'number' },
    required: words('total previous next'),
  },
  Schedule: {
    fields: {
      ...fieldsOf('string', 'customer_uid merchant_uid imp_uid pg_provider pg_id customer_id'),
      ...fieldsOf('string', 'currency name buyer_name buyer_email buyer_tel buyer_addr'),
      ...fieldsOf(
        'string',
        'buyer_postcode custom_data schedule_status payment_status fail_reason',
      ),
      ...fieldsOf('string', 'promotion_id'),
      ...fieldsOf('integer', 'schedule_at executed_at revoked_at'),
      amount: 'number',
    },
    required: [],
  },
  Channel: {
    fields: {
      ...fieldsOf('string', 'pg_provider pg_id type channel_name channel_key'),
      sandbox: 'boolean',
    },
    required: words('pg_provider pg_id sandbox type'),
  },
  Code: { fields: fieldsOf('string', 'code name'), required: words('code name') },
  Tier: {
    fields: fieldsOf('string', 'tier_code tier_name'),
    required: words('tier_code tier_name'),
  },
  Balance: {
    fields: { amount: 'number', ...fieldsOf('object', 'cash_receipt primary secondary discount') },
    required: words('amount cash_receipt primary secondary discount'),
  },
}

export interface Endpoint {
  /** `METHOD /path` as the document spells it. */
  readonly name: string
  readonly response: ShapeName | `list of ${ShapeName}`
  readonly statuses: readonly number[]
}

const schedule = '/subscribe/payments/schedule'

export const endpoints: readonly Endpoint[] = [
  { name: 'POST /users/getToken', response: 'Auth', statuses: [200, 401] },
  { name: 'GET /users/pg', response: 'list of Channel', statuses: [200] },
  {
    name: 'GET /subscribe/customers',
    response: 'list of Customer',
    statuses: [200, 207, 401, 404],
  },
  {
    name: 'GET /subscribe/customers/{customer_uid}',
    response: 'Customer',
    statuses: [200, 401, 404],
  },
  { name: 'POST /subscribe/customers/{customer_uid}', response: 'Customer', statuses: [200, 401] },
  {
    name: 'DELETE /subscribe/customers/{customer_uid}',
    response: 'Customer',
    statuses: [200, 401, 404],
  },
  {
    name: 'GET /subscribe/customers/{customer_uid}/payments',
    response: 'PaymentPage',
    statuses: [200, 401, 404],
  },
  {
    name: 'GET /subscribe/customers/{customer_uid}/schedules',
    response: 'list of Schedule',
    statuses: [200, 400, 401],
  },
  { name: 'GET /payments', response: 'list of Payment', statuses: [200, 207, 401, 404] },
  { name: 'GET /payments/{imp_uid}', response: 'Payment', statuses: [200, 401, 404] },
  { name: 'GET /payments/{imp_uid}/balance', response: 'Balance', statuses: [200, 401, 404, 405] },
  {
    name: 'GET /payments/find/{merchant_uid}/{payment_status}',
    response: 'Payment',
    statuses: [200, 401, 404],
  },
  {
    name: 'GET /payments/findAll/{merchant_uid}/{payment_status}',
    response: 'PaymentPage',
    statuses: [200, 400, 401, 404],
  },
  {
    name: 'GET /payments/status/{payment_status}',
    response: 'PaymentPage',
    statuses: [200, 400, 401],
  },
  { name: 'POST /payments/cancel', response: 'Payment', statuses: [200, 401] },
  { name: 'POST /payments/prepare', response: 'Prepared', statuses: [200, 401] },
  { name: 'PUT /payments/prepare', response: 'Prepared', statuses: [200, 401, 404] },
  { name: 'GET /payments/prepare/{merchant_uid}', response: 'Prepared', statuses: [200, 401] },
  { name: 'POST /subscribe/payments/onetime', response: 'Payment', statuses: [200, 401] },
  { name: 'POST /subscribe/payments/again', response: 'Payment', statuses: [200, 401] },
  { name: `POST ${schedule}`, response: 'list of Schedule', statuses: [200, 401] },
  { name: `GET ${schedule}`, response: 'list of Schedule', statuses: [200, 400, 401] },
  {
    name: 'POST /subscribe/payments/unschedule',
    response: 'list of Schedule',
    statuses: [200, 401],
  },
  { name: `GET ${schedule}/{merchant_uid}`, response: 'Schedule', statuses: [200, 401, 404] },
  { name: `PUT ${schedule}/{merchant_uid}`, response: 'Schedule', statuses: [200, 400, 404, 500] },
  {
    name: `POST ${schedule}/{merchant_uid}/reschedule`,
    response: 'Schedule',
    statuses: [200, 400, 404, 500],
  },
  {
    name: `POST ${schedule}/{merchant_uid}/retry`,
    response: 'Payment',
    statuses: [200, 400, 404, 500],
  },
  {
    name: `GET ${schedule}/customers/{customer_uid}`,
    response: 'list of Schedule',
    statuses: [200, 400, 401],
  },
  { name: 'GET /cards', response: 'list of Code', statuses: [200, 401, 404] },
  { name: 'GET /cards/{card_standard_code}', response: 'Code', statuses: [200, 401, 404] },
  { name: 'GET /banks', response: 'list of Code', statuses: [200, 401, 404] },
  { name: 'GET /banks/{bank_standard_code}', response: 'Code', statuses: [200, 401, 404] },
  { name: 'GET /tiers/{tier_code}', response: 'Tier', statuses: [200, 401, 404] },
]
