// One entry says what one execute step really did, whatever the client got to hear of it. An entry
// holds no full card number, password, birth, link key or AUTOKEY: only what is masked or hashed.

import { createHash } from 'node:crypto'
import type { ChargeBehaviour } from './test-cards.ts'

/** What became of the answer, as far as this side can know. */
export type AnswerFate =
  | 'delivered' // handed whole to the operating system
  | 'pending' // held back; after a restart it reads as lost
  | 'lost' // the connection was gone, or was cut on purpose
  | 'error_status' // an HTTP error instead of the answer
  | 'truncated' // half of the JSON
  | 'altered' // a field was falsified
  | 'replaced' // another RESULTCODE, or garbage, in place of the true one

interface EntryBase {
  readonly seq: number
  readonly atMs: number
  readonly cpid: string
  readonly paymethod: string
  readonly orderno: string
  readonly amountWon: number
  /** The PG's id of the transaction; empty when none was opened. */
  readonly daoutrx: string
  readonly resultcode: string
  answer: AnswerFate
  /** Made in the PG's own admin, not by a merchant's server. */
  readonly byAdmin?: boolean
}

export interface ApprovalEntry extends EntryBase {
  readonly kind: 'approval'
  /** AUTHNO; absent in files of an earlier version. */
  readonly authno?: string
  readonly billtype: string
  readonly quota: string
  readonly taxfreecd: string
  readonly card: string
  readonly cardcode: string
  /** SHA-256 of the AUTOKEY it was charged by; empty for key-in. */
  readonly keyHash: string
}

export interface DeclineEntry extends EntryBase {
  readonly kind: 'decline'
  readonly message: string
}

export interface KeyIssueEntry extends EntryBase {
  readonly kind: 'key_issue'
  readonly keyHash: string
  readonly card: string
  readonly cardcode: string
  /** YYYYMM; `null` for the card whose expiry nobody looks at. */
  readonly expiry: string | null
  /** What charges by this key do: the test card's behaviour, remembered in place of its number. */
  readonly behaviour: ChargeBehaviour
}

export interface CancelEntry extends EntryBase {
  readonly kind: 'cancel'
  /** The cancel's own id; equal to `daoutrx`, the approval's, unless settings say otherwise. */
  readonly cancelId: string
  /** Everything cancelled of the approval so far, this one included. */
  readonly cancelledWon: number
  /** SHA-256 of the AUTOKEY that a [STOPREQ] stopped; empty for an ordinary cancel. */
  readonly stoppedKeyHash: string
}

export type LedgerEntry = ApprovalEntry | DeclineEntry | KeyIssueEntry | CancelEntry

type Unnumbered<Entry> = Entry extends unknown ? Omit<Entry, 'seq' | 'atMs' | 'answer'> : never

/** An entry before the ledger gives it its number, time and fate. */
export type NewEntry = Unnumbered<LedgerEntry>

/** An entry as `GET /_ledger` shows it: the same fields whatever its kind. */
export interface EntryView {
  readonly seq: number
  /** ISO 8601, UTC. */
  readonly at: string
  readonly kind: LedgerEntry['kind']
  readonly cpid: string
  readonly paymethod: string
  readonly orderno: string
  /** Won. */
  readonly amount: number
  readonly daoutrx: string
  readonly resultcode: string
  /** Won cancelled of this approval by now; for a cancel, up to and including it. */
  readonly cancelledAmount: number
  readonly answer: AnswerFate
  readonly card: string | null
  readonly cardcode: string | null
  /** First 16 hex characters of the AUTOKEY's SHA-256. */
  readonly autokeySha256: string | null
  readonly cancelId: string | null
  readonly message: string | null
  /** Made in the PG's own admin. */
  readonly byAdmin: boolean
}

export function viewEntry(entry: LedgerEntry, cancelledNowWon: number): EntryView {
  const card = 'card' in entry ? entry : null
  const keyHash = keyHashOf(entry)
  return {
    seq: entry.seq,
    at: new Date(entry.atMs).toISOString(),
    kind: entry.kind,
    cpid: entry.cpid,
    paymethod: entry.paymethod,
    orderno: entry.orderno,
    amount: entry.amountWon,
    daoutrx: entry.daoutrx,
    resultcode: entry.resultcode,
    cancelledAmount: entry.kind === 'cancel' ? entry.cancelledWon : cancelledNowWon,
    answer: entry.answer,
    card: card?.card ?? null,
    cardcode: card?.cardcode ?? null,
    autokeySha256: keyHash === '' ? null : keyHash.slice(0, 16),
    cancelId: entry.kind === 'cancel' ? entry.cancelId : null,
    message: entry.kind === 'decline' ? entry.message : null,
    byAdmin: entry.byAdmin ?? false,
  }
}

function keyHashOf(entry: LedgerEntry): string {
  if ('keyHash' in entry) return entry.keyHash
  return entry.kind === 'cancel' ? entry.stoppedKeyHash : ''
}

/** The only form in which an AUTOKEY is kept. */
export function hashAutokey(autokey: string): string {
  return createHash('sha256').update(autokey).digest('hex')
}
