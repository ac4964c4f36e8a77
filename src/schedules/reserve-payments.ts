// POST /subscribe/payments/schedule: reserves all entries or none. A customer without a key gets one from the card
// first; nothing is asked of the gateway for a request that names a merchant_uid twice or a taken one.

import { findBillingKey, nameCustomer } from '../billing-keys/billing-keys.store.ts'
import type { BillingKey } from '../billing-keys/billing-key.ts'
import type { RefusedRequest } from '../billing-keys/refused-request.ts'
import { registerBillingKey } from '../billing-keys/register-billing-key.ts'
import { isUniqueViolation } from '../db/pg-errors.ts'
import type { ChargeDependencies, Order } from '../payments/charge.ts'
import { withKnownBuyer } from '../payments/charge-billing-key.ts'
import { failReasonOf } from '../payments/payment.ts'
import { refuseKeyCharge, unknownCompany } from '../payments/refuse-order.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { type CardCheck, checkCard, type NewCard } from './check-card.ts'
import { defaultNameOf, type Schedule } from './schedule.ts'
import { findTakenUids } from './schedule-queries.store.ts'
import { insertSchedules, type NewSchedule, scheduleUidTaken } from './schedules.store.ts'

export interface ReservePayments {
  readonly merchantId: MerchantId
  readonly customerUid: string
  readonly customerId: string | null
  readonly entries: readonly ReservedEntry[]
  /** Ignored when the customer has a key. */
  readonly newCard: NewCard | null
  /** 0: the card is not checked by a charge. */
  readonly checkingWon: number
  readonly buyerIp: string
  /** For the audit trail. */
  readonly actor: string
}

export interface ReservedEntry {
  readonly order: Order
  readonly scheduleAtMs: number
}

export type ReserveResult =
  /** In the order of the request. */
  | {
      readonly kind: 'reserved'
      readonly schedules: readonly Schedule[]
      readonly check: CardCheck | null
    }
  /** Named twice in the request, or reserved or paid already. Nothing was stored or sent. */
  | { readonly kind: 'duplicate'; readonly merchantUids: readonly string[] }
  /** No key, and no card to issue one from. */
  | { readonly kind: 'no_billing_key' }
  | { readonly kind: 'card_refused'; readonly reason: string }
  | { readonly kind: 'no_channel'; readonly message: string }
  /** What the card or the contract cannot carry. */
  | { readonly kind: 'refused'; readonly request: RefusedRequest }
  /** An entry could not be charged whenever it came due. Nothing was reserved. */
  | { readonly kind: 'entry_refused'; readonly request: RefusedRequest }
  /** Whether the check was charged is not known yet. Nothing was reserved. */
  | { readonly kind: 'check_unknown'; readonly impUid: string }
  /** The merchant came out of a backup: not even a card can be checked. Nothing was reserved. */
  | { readonly kind: 'held' }

export async function reservePayments(
  deps: ChargeDependencies,
  wanted: ReservePayments,
): Promise<ReserveResult> {
  const uids = wanted.entries.map(({ order }) => order.merchantUid)
  const repeated = uids.filter((uid, index) => uids.indexOf(uid) !== index)
  if (repeated.length > 0) return { kind: 'duplicate', merchantUids: [...new Set(repeated)] }
  const taken = await findTakenUids(deps.db, wanted.merchantId, uids)
  if (taken.size > 0) return { kind: 'duplicate', merchantUids: [...taken] }

  const known = await findBillingKey(deps.db, wanted.merchantId, wanted.customerUid)
  const refused = await refuseEntries(deps, wanted, known)
  if (refused !== null) return refused
  const proof = await proveKey(deps, wanted, known)
  if (proof.kind !== 'proved') return proof
  if (known === undefined) {
    // What its company lets the card do is known from its key only.
    const issued = await findBillingKey(deps.db, wanted.merchantId, wanted.customerUid)
    const refusedLate = await refuseEntries(deps, wanted, issued)
    if (refusedLate !== null) return refusedLate
  }
  return store(deps, wanted, proof.check)
}

/** The first entry that could never be charged; null: none, or there is nothing to charge. */
async function refuseEntries(
  { channels, gateway }: ChargeDependencies,
  { merchantId, customerUid, entries, newCard }: ReservePayments,
  key: BillingKey | undefined,
): Promise<ReserveResult | null> {
  const opened = await (key === undefined
    ? newCard && channels.choose(merchantId, 'billing', newCard.wish)
    : channels.byKey(merchantId, key.channelKey))
  if (opened === null) return null
  if (opened.kind === 'none') return { kind: 'no_channel', message: opened.message }
  for (const [index, { order, scheduleAtMs }] of entries.entries()) {
    const named = { ...order, name: order.name ?? defaultNameOf(customerUid, scheduleAtMs) }
    const request = refuseKeyCharge(
      gateway,
      {
        order: key === undefined ? named : withKnownBuyer(named, key),
        customerUid,
        card: key ?? unknownCompany,
        opened,
      },
      `schedules[${index}].`,
    )
    if (request !== null) return { kind: 'entry_refused', request }
  }
  return null
}

type Proof =
  | { readonly kind: 'proved'; readonly check: CardCheck | null }
  | Exclude<ReserveResult, { readonly kind: 'reserved' | 'duplicate' | 'entry_refused' }>

/** Sees to it that there is a key, and that its card can be charged where the request asks for that. */
async function proveKey(
  deps: ChargeDependencies,
  wanted: ReservePayments,
  known: BillingKey | undefined,
): Promise<Proof> {
  if (known !== undefined && wanted.checkingWon === 0) return { kind: 'proved', check: null }
  const newCard = known === undefined ? wanted.newCard : null
  if (known === undefined && newCard === null) return { kind: 'no_billing_key' }
  return wanted.checkingWon === 0
    ? issueKey(deps, wanted, newCard as NewCard)
    : proveByCharge(deps, wanted, newCard)
}

async function issueKey(
  deps: ChargeDependencies,
  wanted: ReservePayments,
  { card, numberMasked, wish }: NewCard,
): Promise<Proof> {
  const result = await registerBillingKey(deps, {
    merchantId: wanted.merchantId,
    customerUid: wanted.customerUid,
    card,
    cardNumberMasked: numberMasked,
    wish,
    buyerIp: wanted.buyerIp,
    customer: { ...noCustomer, customerId: wanted.customerId },
    actor: wanted.actor,
  })
  switch (result.kind) {
    case 'registered':
      return { kind: 'proved', check: null }
    case 'not_issued': {
      const { code, message } = result.outcome
      return { kind: 'card_refused', reason: failReasonOf(code, message) }
    }
    case 'no_channel':
    case 'refused':
      return result
  }
}

const noCustomer = {
  customerName: null,
  customerTel: null,
  customerEmail: null,
  customerAddr: null,
  customerPostcode: null,
}

async function proveByCharge(
  deps: ChargeDependencies,
  wanted: ReservePayments,
  newCard: NewCard | null,
): Promise<Proof> {
  const { merchantId, customerUid, customerId, buyerIp, checkingWon: amountWon } = wanted
  const place = { merchantId, customerUid }
  const result = await checkCard(deps, { ...place, amountWon, buyerIp, newCard })
  switch (result.kind) {
    case 'approved': {
      if (newCard !== null && customerId !== null) await nameCustomer(deps.db, place, customerId)
      const { impUid, refund } = result
      return { kind: 'proved', check: { impUid, refund } }
    }
    case 'unknown':
      return { kind: 'check_unknown', impUid: result.impUid }
    case 'failed':
      return { kind: 'card_refused', reason: result.payment.failReason ?? '' }
    case 'not_issued':
      return {
        kind: 'card_refused',
        reason: failReasonOf(result.outcome.code, result.outcome.message),
      }
    case 'no_billing_key':
    case 'no_channel':
    case 'refused':
    case 'held':
      return result
    case 'duplicate':
    case 'not_claimed':
      throw new Error(`a card check ended as ${result.kind}`)
  }
}

async function store(
  deps: ChargeDependencies,
  wanted: ReservePayments,
  check: CardCheck | null,
): Promise<ReserveResult> {
  const uids = wanted.entries.map(({ order }) => order.merchantUid)
  const rows = wanted.entries.map((entry) => newSchedule(deps.ids.uuid(), wanted, entry))
  try {
    const stored = await insertSchedules(deps.db, wanted, rows, deps.clock.now(wanted.merchantId))
    // Deleted since it was looked for.
    if (stored.length === 0) return { kind: 'no_billing_key' }
    const byUid = new Map(stored.map((schedule) => [schedule.merchantUid, schedule]))
    const schedules = uids.map((uid) => byUid.get(uid) as Schedule)
    return { kind: 'reserved', schedules, check }
  } catch (error) {
    if (!isUniqueViolation(error, scheduleUidTaken)) throw error
    const taken = await findTakenUids(deps.db, wanted.merchantId, uids)
    return { kind: 'duplicate', merchantUids: [...taken] }
  }
}

function newSchedule(
  scheduleId: string,
  { merchantId, customerUid, customerId }: ReservePayments,
  { order, scheduleAtMs }: ReservedEntry,
): NewSchedule {
  const { purpose: _, userAgent: __, ...lines } = order
  return {
    ...lines,
    merchantId,
    scheduleId,
    customerUid,
    customerId,
    scheduleAtMs,
    name: order.name ?? defaultNameOf(customerUid, scheduleAtMs),
  }
}
