// What a fact that the gateway tells of means for our books. Pure: the whole decision, nothing written here.
// A fact never flips what is settled in silence; where books and fact disagree somebody is asked to look.

import type { GatewayFact } from '../gateways/evidence.ts'
import type { Cancel } from '../payments/cancel.ts'
import type { Payment } from '../payments/payment.ts'

export type DiscrepancyKind =
  /** Approved, although the payment had failed: kept or given back by the channel's policy. */
  | 'late_approval'
  /** A second approval under one ORDERNO. */
  | 'charged_twice'
  /** An approval with an ORDERNO that is none of ours: made in the gateway's own admin, or by another program. */
  | 'foreign_charge'
  /** Money went back that nobody asked us to give back. */
  | 'foreign_cancel'
  | 'amount_differs'
  /** We say paid, and the day's whole file does not have it. */
  | 'missing_at_gateway'

export type FactRuling =
  /** The books say so already. */
  | { readonly kind: 'known' }
  /** Its answer, or the lapse of its lease, will settle it; then this fact is judged anew. */
  | { readonly kind: 'wait' }
  | {
      readonly kind: 'charged'
      readonly from: readonly ('sending' | 'unknown' | 'failed')[]
      readonly giveBack: Payment['giveBack']
    }
  | { readonly kind: 'cancelled'; readonly cancelId: string }
  | { readonly kind: 'discrepancy'; readonly about: DiscrepancyKind; readonly detail: string }

/** Our books on the ORDERNO of a fact. */
export interface Books {
  readonly payment: Pick<Payment, 'state' | 'amountWon' | 'pgTid' | 'pgId' | 'giveBack'> | undefined
  /** Another payment has its merchant_uid. */
  readonly isOrderTaken: boolean
  readonly cancels: readonly Pick<Cancel, 'cancelId' | 'state' | 'amountWon'>[]
  /** Amounts of all cancels of this ORDERNO that the same source tells of, this one included. */
  readonly cancelsTold: readonly number[]
}

export interface FactPolicy {
  /** The channel's: what becomes of an approval that is found by evidence instead of by its answer. */
  readonly lateApprovals: 'keep' | 'cancel'
}

export function judgeFact(fact: GatewayFact, books: Books, policy: FactPolicy): FactRuling {
  if (books.payment === undefined) {
    return fact.kind === 'approval'
      ? discrepancy('foreign_charge', 'no payment of ours has this order number')
      : discrepancy('foreign_cancel', 'no payment of ours has this order number')
  }
  return fact.kind === 'approval'
    ? judgeApproval(fact, { ...books, payment: books.payment }, policy)
    : judgeCancel(fact, { ...books, payment: books.payment })
}

type KnownBooks = Books & { readonly payment: NonNullable<Books['payment']> }

function judgeApproval(fact: GatewayFact, books: KnownBooks, policy: FactPolicy): FactRuling {
  const { payment } = books
  if (fact.amountWon !== payment.amountWon) {
    return discrepancy('amount_differs', `asked for ${payment.amountWon} won`)
  }
  const isKept = policy.lateApprovals === 'keep'
  switch (payment.state) {
    case 'paid':
    case 'cancelled':
      if (payment.pgTid === fact.transactionId) return { kind: 'known' }
      return discrepancy('charged_twice', `approved before as ${payment.pgTid ?? 'unknown'}`)
    case 'sending':
      // Somebody may be waiting for the answer still; only what is kept can be said before it.
      return isKept
        ? { kind: 'charged', from: ['sending', 'unknown'], giveBack: null }
        : { kind: 'wait' }
    case 'unknown':
      return { kind: 'charged', from: ['unknown'], giveBack: isKept ? null : 'told' }
    case 'failed':
      if (!isKept) return { kind: 'charged', from: ['failed'], giveBack: 'silent' }
      if (!books.isOrderTaken) return { kind: 'charged', from: ['failed'], giveBack: null }
      return discrepancy(
        'late_approval',
        'its order has been paid by another payment: give it back',
      )
  }
}

// PAYJOA may send the approval's DAOUTRX with a cancel, so cancels of one amount cannot be told apart, nor need they:
// what counts is how many there were. One more than we have booked is the one we do not know the end of.
function judgeCancel(fact: GatewayFact, { payment, cancels, cancelsTold }: KnownBooks): FactRuling {
  const ofAmount = cancels.filter(({ amountWon }) => amountWon === fact.amountWon)
  const told = cancelsTold.filter((amountWon) => amountWon === fact.amountWon).length
  const booked = ofAmount.filter(({ state }) => state === 'done').length
  if (told <= booked) return { kind: 'known' }
  const unknown = ofAmount.find(({ state }) => state === 'unknown')
  if (unknown !== undefined) return { kind: 'cancelled', cancelId: unknown.cancelId }
  if (ofAmount.some(({ state }) => state === 'sending')) return { kind: 'wait' }
  const said =
    payment.state === 'paid' || payment.state === 'cancelled' ? 'given back' : payment.state
  return discrepancy(
    'foreign_cancel',
    `the gateway gave back ${fact.amountWon} won; ours is ${said}`,
  )
}

function discrepancy(about: DiscrepancyKind, detail: string): FactRuling {
  return { kind: 'discrepancy', about, detail }
}
