// POST /subscribe/customers/{customer_uid}: asks the gateway for a key, seals it, stores it.
// No money moves, so an unknown outcome is answered as a refusal: asking again can at worst leave an unused key
// at the gateway.

import type { ChannelOpener } from '../accounts/open-channel.ts'
import type { ChannelWish } from '../accounts/channel.ts'
import type { Queryable } from '../db/database.ts'
import { endOf, type ExchangeStart } from '../gateways/exchange.ts'
import type { BillingKeyIssued, CardInput, Gateway, IssueOutcome } from '../gateways/gateway.ts'
import type { Clock } from '../primitives/clock.ts'
import type { IdSource, MerchantId } from '../primitives/ids.ts'
import { within } from '../telemetry/activity.ts'
import type { Vault } from '../vault/vault.ts'
import { type BillingKey, gatewayKeyPurpose } from './billing-key.ts'
import { cardPartNames, inV1Names, type PartNames, type RefusedRequest } from './refused-request.ts'
import { endIssueExchange, insertIssueExchange, saveBillingKey } from './billing-keys.store.ts'

export interface BillingKeyDependencies {
  readonly db: Queryable
  readonly vault: Vault
  readonly gateway: Gateway
  readonly channels: ChannelOpener
  readonly clock: Clock
  readonly ids: IdSource
}

export interface RegisterBillingKey {
  readonly merchantId: MerchantId
  readonly customerUid: string
  readonly card: CardInput
  readonly cardNumberMasked: string
  readonly wish: ChannelWish
  readonly buyerIp: string
  readonly customer: CustomerFacts
  /** Who asks, for the audit trail: `api:<imp_key>`. */
  readonly actor: string
}

export type CustomerFacts = Pick<
  BillingKey,
  | 'customerId'
  | 'customerName'
  | 'customerTel'
  | 'customerEmail'
  | 'customerAddr'
  | 'customerPostcode'
>

export type RegisterResult =
  | { readonly kind: 'registered'; readonly key: BillingKey }
  | { readonly kind: 'not_issued'; readonly outcome: Exclude<IssueOutcome, BillingKeyIssued> }
  | { readonly kind: 'no_channel'; readonly message: string }
  /** The contract or the wire cannot carry it. Nothing was recorded or sent. */
  | { readonly kind: 'refused'; readonly request: RefusedRequest }

export async function registerBillingKey(
  deps: BillingKeyDependencies,
  wanted: RegisterBillingKey,
): Promise<RegisterResult> {
  const opened = await deps.channels.choose(wanted.merchantId, 'billing', wanted.wish)
  if (opened.kind === 'none') return { kind: 'no_channel', message: opened.message }
  const { channel, contract } = opened
  const { merchantId, customerUid } = wanted
  const exchange = beginIssue(deps.ids)
  const request = {
    order: {
      orderNumber: exchange.orderNumber,
      productName: issueProductName,
      buyerName: wanted.customer.customerName,
      buyerEmail: wanted.customer.customerEmail,
      userId: customerUid,
      buyerIp: wanted.buyerIp,
    },
    card: wanted.card,
  }
  const refusal = deps.gateway.preflight.issueBillingKey(contract, request)
  const refused = inV1Names(refusal, registerPartNames)
  if (refused !== null) return { kind: 'refused', request: refused }

  const place = { merchantId, customerUid, channelKey: channel.channelKey }
  await insertIssueExchange(deps.db, place, exchange, deps.clock.now(merchantId))
  const about = { merchantId, channelKey: channel.channelKey, exchangeId: exchange.exchangeId }
  const answer = await within('issue billing key', about, () =>
    deps.gateway.issueBillingKey(contract, request),
  )
  const { outcome } = answer
  const end = endOf(exchange.exchangeId, answer)
  if (outcome.kind !== 'approved') {
    await endIssueExchange(deps.db, merchantId, end, deps.clock.now(merchantId))
    return { kind: 'not_issued', outcome }
  }
  const nowMs = deps.clock.now(merchantId)
  const key: BillingKey = {
    ...wanted.customer,
    merchantId,
    customerUid,
    channelKey: channel.channelKey,
    pgId: channel.pgId,
    sandbox: channel.sandbox,
    gatewayKeySealed: await deps.vault.seal(
      merchantId,
      gatewayKeyPurpose,
      customerUid,
      outcome.gatewayKey,
    ),
    cardNumberMasked: wanted.cardNumberMasked,
    cardCode: outcome.issuer?.code ?? null,
    cardName: outcome.issuer?.name ?? null,
    cardType: null,
    insertedAtMs: nowMs,
    updatedAtMs: nowMs,
  }
  const audit = { eventId: deps.ids.uuid(), actor: wanted.actor }
  return { kind: 'registered', key: await saveBillingKey(deps.db, key, end, audit) }
}

const registerPartNames: PartNames = {
  ...cardPartNames,
  buyer_name: 'customer_name',
  buyer_email: 'customer_email',
  user_id: 'customer_uid',
  // Nothing is sold: these are our own, and fit the wire.
  amount: 'amount',
  instalments: 'card_quota',
  tax_free: 'tax_free',
  product_name: 'name',
}

/** PRODUCTNAME of a key issue, where nothing is sold. */
const issueProductName = '정기결제 카드 등록'

/** KEYGEN wants an ORDERNO of its own (wire facts §6), even with a payment to follow. */
export function beginIssue(ids: IdSource, callId: string | null = null): ExchangeStart {
  return {
    exchangeId: callId ?? ids.uuid(),
    purpose: 'issue',
    orderNumber: `key_${ids.digits(16)}`,
    amountWon: 0,
  }
}
