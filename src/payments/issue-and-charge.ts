// POST /subscribe/payments/onetime with customer_uid (the guide's §4): a billing key and its first payment.
// The key becomes usable only if the payment is approved; until then it waits, sealed, beside the payment.

import type { ChannelWish } from '../accounts/channel.ts'
import { gatewayKeyPurpose } from '../billing-keys/billing-key.ts'
import {
  inV1Names,
  messageOfRefused,
  type RefusedRequest,
} from '../billing-keys/refused-request.ts'
import { beginIssue } from '../billing-keys/register-billing-key.ts'
import { endOf, type ExchangeEnd } from '../gateways/exchange.ts'
import type {
  BillingKeyIssued,
  CardInput,
  Declined,
  IssueBillingKeyRequest,
  IssueOutcome,
  Unsent,
} from '../gateways/gateway.ts'
import type { CardCompany } from '../accounts/instalment-rule.ts'
import type { OpenChannel } from '../accounts/open-channel.ts'
import type { MerchantId } from '../primitives/ids.ts'
import {
  answerChargeInTime,
  beginCharge,
  chargeLinesOf,
  type ChargeDependencies,
  type ChargeResult,
  commitIntent,
  newPayment,
  type Order,
  settleAnswer,
  settleOutcome,
} from './charge.ts'
import { wasHeldUp } from './held-up.ts'
import { orderLinesOf } from './order-lines.ts'
import type { Payment } from './payment.ts'
import { recordKeyIssuedForPayment } from './payments.store.ts'
import { orderPartNames, refuseByChannel, refuseKeyCharge, unknownCompany } from './refuse-order.ts'

export interface IssueAndCharge {
  readonly merchantId: MerchantId
  readonly customerUid: string
  readonly order: Order
  readonly card: CardInput
  readonly cardNumberMasked: string
  readonly wish: ChannelWish
}

export async function issueAndCharge(
  deps: ChargeDependencies,
  wanted: IssueAndCharge,
): Promise<ChargeResult> {
  const { merchantId, customerUid, order } = wanted
  const opened = await deps.channels.choose(merchantId, 'billing', wanted.wish)
  if (opened.kind === 'none') return { kind: 'no_channel', message: opened.message }

  const candidate = newPayment(deps, order, opened, {
    method: 'billing_key',
    customerUid,
    customerUidUsage: 'issue',
    cardNumberMasked: wanted.cardNumberMasked,
    cardCode: null,
    cardName: null,
    cardType: null,
  })
  const requestOf = (payment: Payment, orderNumber: string) => ({
    order: orderLinesOf(payment, orderNumber, order.buyerIp),
    card: wanted.card,
  })
  const refused = refuse(deps, wanted, opened, requestOf(candidate, candidate.impUid))
  if (refused !== null) return { kind: 'refused', request: refused }

  const intent = await commitIntent(deps, candidate, () => beginIssue(deps.ids, order.callId))
  if (intent.kind !== 'intent') return intent

  const { payment, exchange } = intent
  const issueThenCharge = async (): Promise<ChargeResult> => {
    const request = requestOf(payment, exchange.orderNumber)
    const answer = await deps.gateway.issueBillingKey(opened.contract, request)
    const { outcome } = answer
    if (outcome.kind !== 'approved') {
      const noCharge = withoutCharge(outcome)
      const answerWithoutCharge = { outcome: noCharge, exchange: answer.exchange }
      await settleAnswer(deps, payment, exchange.exchangeId, answerWithoutCharge)
      return { kind: 'not_issued', outcome: noCharge }
    }
    const issue = endOf(exchange.exchangeId, answer)
    return chargeIssuedKey(deps, { payment, order, opened, issued: outcome, issue })
  }
  return answerChargeInTime(deps, intent, issueThenCharge)
}

// Both calls are checked before the first is made: a key must not be issued for a charge that cannot follow.
function refuse(
  { gateway }: ChargeDependencies,
  { order, customerUid }: IssueAndCharge,
  opened: OpenChannel,
  request: IssueBillingKeyRequest,
): RefusedRequest | null {
  const issue = gateway.preflight.issueBillingKey(opened.contract, request)
  return (
    inV1Names(issue, orderPartNames(order, customerUid)) ??
    refuseKeyCharge(gateway, { order, customerUid, card: unknownCompany, opened })
  )
}

interface IssuedKey {
  readonly payment: Payment
  readonly order: Order
  readonly opened: OpenChannel
  readonly issued: BillingKeyIssued
  readonly issue: ExchangeEnd
}

async function chargeIssuedKey(
  deps: ChargeDependencies,
  { payment, order, opened, issued, issue }: IssuedKey,
): Promise<ChargeResult> {
  const { merchantId, impUid } = payment
  const customerUid = payment.customerUid as string
  const refused = refuseByChannel(order, opened.channel, companyOf(issued))
  if (refused !== null) return settleOutcome(deps, payment, unsentFor(refused), issue)

  const charge = beginCharge(deps.ids, payment)
  const issuedAtMs = deps.clock.now(payment.merchantId)
  const sinceMs = performance.now()
  const isRecorded = await recordKeyIssuedForPayment(
    deps.db,
    {
      merchantId,
      impUid,
      gatewayKeySealed: await deps.vault.seal(
        merchantId,
        gatewayKeyPurpose,
        customerUid,
        issued.gatewayKey,
      ),
      ...companyOf(issued),
      cardType: null,
      issuedAtMs,
    },
    { issue, charge, leaseUntilMs: deps.clock.now() + deps.leaseMs },
  )
  // The sender was taken for dead while it waited; the payment is over, so nothing may be charged.
  if (!isRecorded) throw new Error(`payment ${impUid} ended while its key was issued`)
  if (wasHeldUp(deps, sinceMs)) throw new Error(`payment ${impUid} was not sent: held up`)

  const answer = await deps.gateway.chargeBillingKey(opened.contract, {
    order: orderLinesOf(payment, charge.orderNumber, order.buyerIp),
    gatewayKey: issued.gatewayKey,
    ...chargeLinesOf(order, opened.channel),
  })
  return settleAnswer(deps, payment, charge.exchangeId, answer)
}

function companyOf({ issuer }: BillingKeyIssued): CardCompany {
  return { cardCode: issuer?.code ?? null, cardName: issuer?.name ?? null }
}

// The company of the card is known from its key only, and may not pay in so many months: the charge is not sent.
function unsentFor(request: RefusedRequest): Unsent {
  return { kind: 'unsent', cause: 'preflight', code: null, message: messageOfRefused(request) }
}

/**
 * A key issue that gave no key ends the payment, and moves no money whatever its outcome: an unknown issue is an
 * `unsent` charge.
 */
function withoutCharge(outcome: Exclude<IssueOutcome, BillingKeyIssued>): Declined | Unsent {
  if (outcome.kind !== 'unknown') return outcome
  const { code, message } = outcome
  return { kind: 'unsent', cause: 'stopped', code, message }
}
