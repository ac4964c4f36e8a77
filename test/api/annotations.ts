// Every field of V1's PaymentAnnotation and CustomerAnnotation, with its type and what stands there when there
// is nothing. Written from the published document and live captures, not from our schemas.

import assert from 'node:assert/strict'

type FieldType =
  | 'text' // a string, never empty
  | 'text or null'
  | 'whole' // an integer of 0 or more
  | 'whole or null'
  | 'flag'
  | 'list'
  | 'null'

export const paymentFields = {
  imp_uid: 'text',
  merchant_uid: 'text',
  pay_method: 'text',
  channel: 'text',
  pg_provider: 'text',
  emb_pg_provider: 'null',
  pg_tid: 'text or null',
  pg_id: 'text',
  sandbox: 'flag',
  escrow: 'flag',
  apply_num: 'text or null',
  bank_code: 'null',
  bank_name: 'null',
  card_code: 'text or null',
  card_name: 'text or null',
  card_issuer_code: 'text or null',
  card_issuer_name: 'text or null',
  card_publisher_code: 'text or null',
  card_publisher_name: 'text or null',
  card_quota: 'whole',
  card_number: 'text or null',
  card_type: 'whole or null',
  vbank_code: 'null',
  vbank_name: 'null',
  vbank_num: 'null',
  vbank_holder: 'null',
  vbank_date: 'whole',
  vbank_issued_at: 'whole',
  name: 'text or null',
  amount: 'whole',
  cancel_amount: 'whole',
  currency: 'text',
  buyer_name: 'text or null',
  buyer_email: 'text or null',
  buyer_tel: 'text or null',
  buyer_addr: 'text or null',
  buyer_postcode: 'text or null',
  custom_data: 'text or null',
  user_agent: 'text or null',
  status: 'text',
  started_at: 'whole',
  paid_at: 'whole',
  failed_at: 'whole',
  cancelled_at: 'whole',
  fail_reason: 'text or null',
  cancel_reason: 'text or null',
  receipt_url: 'text or null',
  cancel_history: 'list',
  deposit_history: 'list',
  cancel_receipt_urls: 'list',
  cash_receipt_issued: 'flag',
  customer_uid: 'text or null',
  customer_uid_usage: 'text or null',
  promotion: 'null',
} as const satisfies Record<string, FieldType>

export const billingKeyFields = {
  customer_uid: 'text',
  pg_provider: 'text',
  pg_id: 'text',
  sandbox: 'flag',
  customer_id: 'text or null',
  card_name: 'text or null',
  card_code: 'text or null',
  card_issuer_code: 'text or null',
  card_issuer_name: 'text or null',
  card_publisher_code: 'text or null',
  card_publisher_name: 'text or null',
  card_number: 'text',
  card_type: 'whole or null',
  customer_name: 'text or null',
  customer_tel: 'text or null',
  customer_email: 'text or null',
  customer_addr: 'text or null',
  customer_postcode: 'text or null',
  inserted: 'whole',
  updated: 'whole',
} as const satisfies Record<string, FieldType>

/** Every field is there, none is more, and each has its type. */
export function assertFields(shown: object, fields: Readonly<Record<string, FieldType>>): void {
  assert.deepEqual(Object.keys(shown).sort(), Object.keys(fields).sort())
  for (const [name, value] of Object.entries(shown)) {
    const type = fields[name] as FieldType
    assert.ok(isOfType(value, type), `${name} is ${JSON.stringify(value)}, expected: ${type}`)
  }
}

function isOfType(value: unknown, type: FieldType): boolean {
  switch (type) {
    case 'text':
      return typeof value === 'string' && value !== ''
    case 'text or null':
      return value === null || isOfType(value, 'text')
    case 'whole':
      return Number.isSafeInteger(value) && (value as number) >= 0
    case 'whole or null':
      return value === null || isOfType(value, 'whole')
    case 'flag':
      return typeof value === 'boolean'
    case 'list':
      return Array.isArray(value)
    case 'null':
      return value === null
  }
}
