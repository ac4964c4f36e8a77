// What V1 calls a customer: PAYJOA's AUTOKEY, sealed, and what may be shown of the card behind it.

import type { Static } from 'typebox'

import { nullable } from '../http/envelope.ts'
import { Type } from '../http/json-schema.ts'
import { unixSeconds } from '../primitives/clock.ts'
import type { MerchantId } from '../primitives/ids.ts'

export interface BillingKey {
  readonly merchantId: MerchantId
  readonly customerUid: string
  readonly channelKey: string
  readonly pgId: string
  readonly sandbox: boolean
  readonly gatewayKeySealed: Buffer
  readonly cardNumberMasked: string
  readonly cardCode: string | null
  readonly cardName: string | null
  readonly cardType: number | null
  readonly customerId: string | null
  readonly customerName: string | null
  readonly customerTel: string | null
  readonly customerEmail: string | null
  readonly customerAddr: string | null
  readonly customerPostcode: string | null
  readonly insertedAtMs: number
  readonly updatedAtMs: number
}

/** What the vault binds a sealed AUTOKEY to, beside the merchant and the customer_uid. */
export const gatewayKeyPurpose = 'billing_key'

const text = () => nullable(Type.String())

/** CustomerAnnotation of the published V1 document. */
export const billingKeySchema = Type.Object({
  customer_uid: Type.String(),
  pg_provider: Type.String(),
  pg_id: Type.String(),
  sandbox: Type.Boolean(),
  customer_id: text(),
  card_name: text(),
  card_code: text(),
  card_issuer_code: text(),
  card_issuer_name: text(),
  card_publisher_code: text(),
  card_publisher_name: text(),
  card_number: text(),
  card_type: nullable(Type.Integer()),
  customer_name: text(),
  customer_tel: text(),
  customer_email: text(),
  customer_addr: text(),
  customer_postcode: text(),
  inserted: Type.Integer({ description: 'Unix seconds of the first issue.' }),
  updated: Type.Integer({
    description: 'Unix seconds of the last issue; equal to inserted for a new key.',
  }),
})

export type BillingKeyView = Static<typeof billingKeySchema>

/** Renders a billing key as V1 does. The gateway's key is no part of it. */
export function viewBillingKey(key: BillingKey): BillingKeyView {
  return {
    customer_uid: key.customerUid,
    pg_provider: 'daou',
    pg_id: key.pgId,
    sandbox: key.sandbox,
    customer_id: key.customerId,
    card_name: key.cardName,
    card_code: key.cardCode,
    card_issuer_code: key.cardCode,
    card_issuer_name: key.cardName,
    card_publisher_code: null,
    card_publisher_name: null,
    card_number: key.cardNumberMasked,
    card_type: key.cardType,
    customer_name: key.customerName,
    customer_tel: key.customerTel,
    customer_email: key.customerEmail,
    customer_addr: key.customerAddr,
    customer_postcode: key.customerPostcode,
    inserted: unixSeconds(key.insertedAtMs),
    updated: unixSeconds(key.updatedAtMs),
  }
}
