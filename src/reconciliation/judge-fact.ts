// What a fact that the gateway tells of means for our books. Pure: the whole decision, nothing written here.
// A fact never flips what is settled in silence; where books and fact disagree somebody is asked to look.

import type { GatewayFact } from '../gateways/evidence.ts'
import type { Cancel } from '../payments/cancel.ts'
import type { Payment } from '../payments/payment.ts'
import { possibleDays } from './evidence-rule.ts'

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
  readonly payment:
    | (Pick<
        Payment,
        'state' | 'amountWon' | 'cancelAmountWon' | 'pgTid' | 'pgId' | 'startedAtMs' | 'sandbox'
      > & {
        /** Won of cancels that are on their way or unknown. */
        readonly reservedWon: number
      })
    | undefined
  /** Another payment has its merchant_uid. */
  readonly isOrderTaken: boolean
  readonly cancels: readonly Pick<
    Cancel,
    'cancelId' | 'state' | 'failure' | 'amountWon' | 'startedAtMs'
  >[]
  readonly cancelsTold: CancelsTold
}

export interface CancelsTold {
  /** Amounts of all cancels of this ORDERNO that the same source tells of, this one included. */
  readonly amountsWon: readonly number[]
  /** Of a daily file: its day. Null: the source tells of every day. */
  readonly day: string | null
}

export interface FactPolicy {
  /** The channel's: what becomes of an approval that is found by evidence instead of by its answer. */
  readonly lateApprovals: 'keep' | 'cancel'
}

export function judgeFact(fact: GatewayFact, books: Books, policy: FactPolicy): FactRuling {
  const { payment } = books
  if (payment === undefined || payment.pgId !== fact.contractId) {
    const about = fact.kind === 'approval' ? 'foreign_charge' : 'foreign_cancel'
    const ours = payment === undefined ? 'none' : `one of contract ${payment.pgId}`
    return discrepancy(
      about,
      `contract ${fact.contractId}; our payment of this order number: ${ours}`,
    )
  }
  return fact.kind === 'approval'
    ? judgeApproval(fact, { ...books, payment }, policy)
    : judgeCancel(fact, { ...books, payment })
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
// what counts is how many there were. One more than is booked or may yet be is the one whose end we do not know.
// While one is on its way the fact may be its, so an unknown one of the same amount is left alone.
function judgeCancel(fact: GatewayFact, books: KnownBooks): FactRuling {
  const { payment } = books
  const told = books.cancelsTold.amountsWon.filter(
    (amountWon) => amountWon === fact.amountWon,
  ).length
  const ours = cancelsInSight(books).filter(({ amountWon }) => amountWon === fact.amountWon)
  const inState = (wanted: Cancel['state']) => ours.filter(({ state }) => state === wanted)
  const booked = inState('done').length
  if (told <= booked) return { kind: 'known' }
  if (told <= booked + inState('sending').length) return { kind: 'wait' }
  const [unknown] = inState('unknown')
  if (unknown !== undefined) return { kind: 'cancelled', cancelId: unknown.cancelId }
  const late = inState('failed').find(({ failure }) => failure === 'evidence')
  const takenWon = payment.cancelAmountWon + payment.reservedWon
  if (late !== undefined && takenWon + fact.amountWon <= payment.amountWon) {
    return { kind: 'cancelled', cancelId: late.cancelId }
  }
  return discrepancy(
    'foreign_cancel',
    `the gateway gave back ${fact.amountWon} won that nobody asked for; our payment is ${payment.state}`,
  )
}

// A file lists the cancels of its own day; that of the approval's day may list all of them.
function cancelsInSight({ payment, cancels, cancelsTold: { day } }: KnownBooks): Books['cancels'] {
  if (day === null || possibleDays(payment).includes(day)) return cancels
  const { sandbox } = payment
  return cancels.filter(({ startedAtMs }) => possibleDays({ startedAtMs, sandbox }).includes(day))
}

function discrepancy(about: DiscrepancyKind, detail: string): FactRuling {
  return { kind: 'discrepancy', about, detail }
}
