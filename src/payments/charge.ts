// What every charge does, whatever takes the money: commit the intent, call the gateway outside any
// transaction, commit what the answer proved. Once the request may have left it is never sent again.

import type { Channel } from '../accounts/channel.ts'
import type { ChannelOpener, OpenChannel } from '../accounts/open-channel.ts'
import type { Queryable } from '../db/database.ts'
import { isRetryableConnectionError, isUniqueViolation, wasNothingSent } from '../db/pg-errors.ts'
import { endOf, type ExchangeEnd, type ExchangeStart } from '../gateways/exchange.ts'
import type {
  ChargeOutcome,
  Declined,
  Gateway,
  GatewayAnswer,
  Unsent,
} from '../gateways/gateway.ts'
import type { Clock } from '../primitives/clock.ts'
import type { IdSource } from '../primitives/ids.ts'
import type { Timers } from '../primitives/timers.ts'
import { within } from '../telemetry/activity.ts'
import type { Vault } from '../vault/vault.ts'
import type { RefusedRequest } from '../billing-keys/refused-request.ts'
import type { InFlight } from '../work/in-flight.ts'
import { insist } from '../work/insist.ts'
import { answerInTime } from './answer-in-time.ts'
import { wasHeldUp } from './held-up.ts'
import { isHeld } from './hold.ts'
import { mayBeTriedAgain, type Payment, type PaymentPurpose, settlementOf } from './payment.ts'
import { findPayment } from './payment-queries.store.ts'
import {
  impUidTaken,
  insertIntent,
  insertScheduledIntent,
  merchantUidTaken,
} from './intents.store.ts'
import { type CardFacts, settle } from './payments.store.ts'
import { type ScheduleClaim } from './schedule-claim.ts'
import { taxSplitOf } from './tax-split.ts'

export interface ChargeLog {
  error(fields: object, message: string): void
  warn(fields: object, message: string): void
}

export interface ChargeObserver {
  chargeEnded(charge: EndedCharge): void
  cancelEnded(outcome: ChargeOutcome['kind']): void
  /** The database could not take what the gateway answered, and is asked again. */
  settlementWaits(): void
}

export interface EndedCharge {
  readonly method: Payment['method']
  readonly origin: 'api' | 'schedule' | 'card_check'
  readonly outcome: ChargeOutcome['kind']
}

export interface ChargeDependencies {
  readonly db: Queryable
  readonly vault: Vault
  readonly gateway: Gateway
  readonly channels: ChannelOpener
  readonly clock: Clock
  readonly ids: IdSource
  readonly timers: Timers
  readonly inFlight: InFlight
  readonly log: ChargeLog
  readonly observer: ChargeObserver
  /** An answer leaves within this time; the charge itself goes on and is settled when its answer comes. */
  readonly answerWithinMs: number
  /** Past this a sender is taken for dead: longer than the gateway's own time limits together. */
  readonly leaseMs: number
}

/** What a merchant says of an order, whatever pays for it. */
export interface Order {
  readonly merchantUid: string
  readonly amountWon: number
  readonly taxFreeWon: number
  readonly vatWon: number | null
  readonly cardQuota: number
  readonly name: string | null
  readonly buyerName: string | null
  readonly buyerEmail: string | null
  readonly buyerTel: string | null
  readonly buyerAddr: string | null
  readonly buyerPostcode: string | null
  readonly customData: string | null
  readonly noticeUrl: string | null
  readonly buyerIp: string
  readonly userAgent: string | null
  readonly purpose: PaymentPurpose
  /** The call under an Idempotency-Key that brings it; it names the payment's first exchange. */
  readonly callId?: string | null
}

/** An order of nothing but its price. */
export const plainOrder = {
  taxFreeWon: 0,
  vatWon: null,
  cardQuota: 0,
  buyerName: null,
  buyerEmail: null,
  buyerTel: null,
  buyerAddr: null,
  buyerPostcode: null,
  customData: null,
  noticeUrl: null,
  userAgent: null,
} as const

export type ChargeResult =
  /** The payment as it stands: paid, failed, unknown, or still on its way when time ran out. */
  | { readonly kind: 'payment'; readonly payment: Payment; readonly outcome: ChargeOutcome | null }
  /** The merchant_uid is paid, cancelled, on its way or unknown. Nothing was sent. */
  | { readonly kind: 'duplicate' }
  /** Only for a schedule: another worker has it, or it was revoked or moved. Nothing was sent. */
  | { readonly kind: 'not_claimed' }
  /** The merchant came out of a backup and is not released yet. Nothing was sent. */
  | { readonly kind: 'held' }
  /** No billing key of that name. Nothing was sent. */
  | { readonly kind: 'no_billing_key' }
  | { readonly kind: 'no_channel'; readonly message: string }
  /** The contract or the wire cannot carry it. Nothing was recorded or sent. */
  | { readonly kind: 'refused'; readonly request: RefusedRequest }
  /** Guide §4: the card was not accepted, so there was no key to charge. The attempt is recorded as failed. */
  | { readonly kind: 'not_issued'; readonly outcome: Declined | Unsent }

/** The row of a payment that is about to be sent. */
export function newPayment(
  deps: Pick<ChargeDependencies, 'ids' | 'clock'>,
  order: Order,
  { channel }: OpenChannel,
  how: Pick<
    Payment,
    | 'method'
    | 'customerUid'
    | 'customerUidUsage'
    | 'cardNumberMasked'
    | 'cardCode'
    | 'cardName'
    | 'cardType'
  >,
): Payment {
  const { buyerIp: _, callId: __, ...lines } = order
  return {
    ...lines,
    ...how,
    ...nothingYet,
    merchantId: channel.merchantId,
    impUid: deps.ids.impUid(),
    state: 'sending',
    channelKey: channel.channelKey,
    pgId: channel.pgId,
    sandbox: channel.sandbox,
    startedAtMs: deps.clock.now(channel.merchantId),
  }
}

const nothingYet = {
  giveBack: null,
  cancelAmountWon: 0,
  pgTid: null,
  applyNum: null,
  failure: null,
  failReason: null,
  cancelReason: null,
  paidAtMs: null,
  failedAtMs: null,
  cancelledAtMs: null,
  cancels: [],
} as const

// An imp_uid has 12 random digits; with ten million payments one in a hundred thousand clashes once.
const impUidTriesMax = 5

export interface Intent {
  readonly payment: Payment
  readonly exchange: ExchangeStart
}

export type IntentRefusal =
  | { readonly kind: 'duplicate' }
  /** The schedule was taken by another worker, revoked or moved. Nothing was written. */
  | { readonly kind: 'not_claimed' }
  | { readonly kind: 'held' }

/** Commits the intent, and takes the schedule it comes from, if any, in the same commit. */
export async function commitIntent(
  deps: ChargeDependencies,
  candidate: Payment,
  exchangeOf: (payment: Payment) => ExchangeStart,
  claim?: ScheduleClaim,
): Promise<({ readonly kind: 'intent' } & Intent) | IntentRefusal> {
  for (let tries = 0; tries < impUidTriesMax; tries += 1) {
    const impUid = claim?.impUids[tries] ?? (tries === 0 ? candidate.impUid : deps.ids.impUid())
    const payment = { ...candidate, impUid }
    const intent = { payment, exchange: exchangeOf(payment) }
    const sinceMs = performance.now()
    try {
      const isWritten = await writeIntent(deps, intent, claim)
      if (isWritten && wasHeldUp(deps, sinceMs)) {
        abandonIntent(deps, intent)
        throw new Error(`payment ${payment.impUid} was not sent: this process was held up`)
      }
      if (isWritten) return { kind: 'intent', ...intent }
      return { kind: (await isHeld(deps.db, payment.merchantId)) ? 'held' : 'not_claimed' }
    } catch (error) {
      if (isUniqueViolation(error, merchantUidTaken)) return { kind: 'duplicate' }
      const mayBeCommitted = isRetryableConnectionError(error) && !wasNothingSent(error)
      if (mayBeCommitted) abandonIntent(deps, intent)
      if (!isUniqueViolation(error, impUidTaken)) throw error
    }
  }
  throw new Error('no free imp_uid was found')
}

async function writeIntent(
  { db, clock, leaseMs }: ChargeDependencies,
  { payment, exchange }: Intent,
  claim: ScheduleClaim | undefined,
): Promise<boolean> {
  // By the machine's clock: a merchant's may stand still.
  const leaseUntilMs = clock.now() + leaseMs
  const intent = { payment, exchange, leaseUntilMs }
  return claim === undefined ? insertIntent(db, intent) : insertScheduledIntent(db, intent, claim)
}

// The connection broke while the intent was being committed, so nobody knows whether it was; or it was, and its sender
// was held up. Nothing was sent:
// should the row be there, it is ended as `unsent` instead of waiting for an operator as `unknown`.
function abandonIntent(deps: ChargeDependencies, { payment, exchange }: Intent): void {
  const outcome: Unsent = {
    kind: 'unsent',
    cause: 'stopped',
    code: null,
    message: '결제 요청을 기록하지 못해 PG로 전송하지 않았습니다.',
  }
  const nothingSent = { method: 'none', ready: null, execute: null }
  const settlement = {
    ...settlementOf(outcome, deps.clock.now(payment.merchantId)),
    cardCode: null,
    cardName: null,
    webhookId: deps.ids.uuid(),
    tellsFailure: false,
    mayTryAgain: mayBeTriedAgain(outcome),
  }
  const end = endOf(exchange.exchangeId, { outcome, exchange: nothingSent })
  const insisted = { deed: 'settling', impUid: payment.impUid }
  const ended = insist(deps, insisted, () => settle(deps.db, payment, settlement, end))
  void deps.inFlight.track(ended)
}

/** The exchange that takes the money. ORDERNO is the imp_uid: unique per attempt, so evidence names one payment. */
export function beginCharge(
  ids: IdSource,
  payment: Payment,
  callId: string | null = null,
): ExchangeStart {
  return {
    exchangeId: callId ?? ids.uuid(),
    purpose: 'charge',
    orderNumber: payment.impUid,
    amountWon: payment.amountWon,
  }
}

/** Commits what the answer proved. Never throws an outcome away: a database that is gone is waited for. */
export function settleAnswer(
  deps: ChargeDependencies,
  payment: Payment,
  exchangeId: string,
  answer: GatewayAnswer<ChargeOutcome>,
): Promise<ChargeResult> {
  return settleOutcome(deps, payment, answer.outcome, endOf(exchangeId, answer))
}

/** The same, where the exchange that is under way is not the charge itself. */
export async function settleOutcome(
  deps: ChargeDependencies,
  payment: Payment,
  outcome: ChargeOutcome,
  end: ExchangeEnd,
): Promise<ChargeResult> {
  deps.observer.chargeEnded({
    method: payment.method,
    origin: originOf(payment),
    outcome: outcome.kind,
  })
  const nowMs = deps.clock.now(payment.merchantId)
  const settlement = {
    ...settlementOf(outcome, nowMs),
    ...cardFactsOf(outcome),
    webhookId: deps.ids.uuid(),
    tellsFailure: nowMs - payment.startedAtMs >= deps.answerWithinMs,
    mayTryAgain: mayBeTriedAgain(outcome),
  }
  const insisted = {
    deed: 'settling',
    impUid: payment.impUid,
    outcome: outcome.kind,
    transactionId: settlement.pgTid,
  }
  const settled = await insist(deps, insisted, () => settle(deps.db, payment, settlement, end))
  if (settled !== undefined) return { kind: 'payment', payment: settled, outcome }
  // Settled before by evidence, or by this very statement when its commit was not acknowledged.
  const current = await insist(deps, insisted, () =>
    findPayment(deps.db, payment.merchantId, payment.impUid),
  )
  if (current === undefined) {
    // A failover to a standby that had not received its intent. The gateway's own word will raise it.
    const { merchantId, impUid, merchantUid, amountWon } = payment
    deps.log.error(
      { ...insisted, merchantId, merchantUid, amountWon },
      'the database lost a payment',
    )
    throw new Error(`payment ${impUid} is gone`)
  }
  if (settlement.state === 'paid' && current.state === 'failed') {
    deps.log.error(
      { impUid: payment.impUid },
      'the gateway approved a payment that evidence failed',
    )
  }
  if (settlement.state === 'failed' && current.state === 'paid') {
    deps.log.error(
      { impUid: payment.impUid },
      'the gateway refused a payment that evidence says it took',
    )
  }
  return { kind: 'payment', payment: current, outcome }
}

function originOf({ purpose, customerUidUsage }: Payment): EndedCharge['origin'] {
  if (purpose === 'card_check') return 'card_check'
  return customerUidUsage === 'payment.scheduled' ? 'schedule' : 'api'
}

function cardFactsOf(outcome: ChargeOutcome): CardFacts {
  const issuer = outcome.kind === 'approved' ? outcome.issuer : null
  return { cardCode: issuer?.code ?? null, cardName: issuer?.name ?? null }
}

/**
 * Does the work that follows a committed intent. Gives its result, or the payment as it stood when the time to answer
 * is up; the work goes on and is drained.
 */
export function answerChargeInTime(
  deps: ChargeDependencies,
  { payment, exchange }: Intent,
  work: () => Promise<ChargeResult>,
): Promise<ChargeResult> {
  const { merchantId, impUid, merchantUid, channelKey } = payment
  const { exchangeId } = exchange
  const about = { merchantId, impUid, merchantUid, exchangeId, channelKey }
  const late: ChargeResult = { kind: 'payment', payment, outcome: null }
  return answerInTime(deps, late, within('charge', about, work))
}

/** What every charge tells the gateway of the money. */
export function chargeLinesOf(order: Order, { taxMode }: Pick<Channel, 'taxMode'>) {
  return {
    amountWon: order.amountWon,
    instalmentMonths: order.cardQuota,
    tax: taxSplitOf(order, taxMode),
  }
}
