// What really happened, in order, and what must be known of it to go on: approvals by DAOUTRX, keys
// by the hash of their AUTOKEY. Memory is bounded: beyond the limits the oldest are forgotten (and
// stay in the file), so that a benchmark cannot fill the machine.

import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

import { type LedgerFile, noLedgerFile, openLedgerFile } from './ledger-file.ts'
import {
  type AnswerFate,
  type ApprovalEntry,
  type CancelEntry,
  type EntryView,
  type KeyIssueEntry,
  type LedgerEntry,
  type NewEntry,
  viewEntry,
} from './ledger-entry.ts'

export interface Approval {
  readonly entry: ApprovalEntry
  cancelledWon: number
  cancels: number
}

export interface IssuedKey {
  readonly entry: KeyIssueEntry
  stopped: boolean
}

/** How much is remembered; the documentation states what that costs. */
export interface LedgerLimits {
  readonly entries: number
  readonly approvals: number
  readonly keys: number
}

export const defaultLedgerLimits: LedgerLimits = {
  entries: 200_000,
  approvals: 300_000,
  keys: 200_000,
}

/** Sums over the whole life of the ledger, forgotten entries included. */
export interface LedgerTotals {
  readonly entries: number
  readonly approvals: number
  readonly approvedAmount: number
  readonly declines: number
  readonly keysIssued: number
  readonly cancels: number
  readonly cancelledAmount: number
  /** Approvals under an ORDERNO that the same CPID had had approved before. */
  readonly repeatedOrders: number
}

export interface LedgerView {
  readonly totals: LedgerTotals
  readonly entries: readonly EntryView[]
  /** The `since` of the next page; `null` when this page reached the end. */
  readonly next: number | null
}

export interface LedgerFilter {
  readonly orderno: string | null
  readonly cpid: string | null
  /** Only entries numbered above it. */
  readonly since: number
  readonly limit: number
}

export const wholeLedger: LedgerFilter = { orderno: null, cpid: null, since: 0, limit: Infinity }

type Totals = { -readonly [Name in keyof LedgerTotals]: LedgerTotals[Name] }

export class Ledger {
  readonly #file: LedgerFile
  readonly #limits: LedgerLimits
  readonly #approvals = new Map<string, Approval>()
  readonly #approvedOrders = new Set<string>()
  readonly #keys = new Map<string, IssuedKey>()
  readonly #totals: Totals = {
    entries: 0,
    approvals: 0,
    approvedAmount: 0,
    declines: 0,
    keysIssued: 0,
    cancels: 0,
    cancelledAmount: 0,
    repeatedOrders: 0,
  }
  /** Numbered without gaps, so that an entry's place follows from its number. */
  #entries: LedgerEntry[] = []
  #lastSeq = 0
  readonly #path: string | null
  /** Approvals and cancels whose notification was taken; while replaying, what is left over was not. */
  readonly #acknowledged = new Set<number>()

  constructor(path: string | null, limits: LedgerLimits) {
    this.#limits = limits
    this.#path = path
    this.#file = path === null ? noLedgerFile : openLedgerFile(path, (line) => this.#replay(line))
    for (const entry of this.#entries) if (entry.answer === 'pending') entry.answer = 'lost'
  }

  get nextSeq(): number {
    return this.#lastSeq + 1
  }

  /** Writes the entries with one write(2); returns them numbered. Nothing counts unless it is written. */
  append(
    newEntries: readonly NewEntry[],
    answer: AnswerFate,
    atMs: number,
  ): readonly LedgerEntry[] {
    const entries = newEntries.map((entry, at) => ({
      seq: this.nextSeq + at,
      atMs,
      ...entry,
      answer,
    }))
    this.#file.append(entries)
    for (const entry of entries) this.#take(entry)
    return entries
  }

  /** Corrects what became of the answer, once that is known. */
  amend(seqs: readonly number[], answer: AnswerFate): void {
    this.#file.append(seqs.map((seq) => ({ amends: seq, answer })))
    for (const seq of seqs) this.#setFate(seq, answer)
  }

  /** Its notification was taken. */
  acknowledge(seq: number): void {
    this.#file.append([{ acknowledges: seq }])
  }

  /** At a start: approvals and cancels, of those remembered, whose notification was never taken. */
  unacknowledged(): (ApprovalEntry | CancelEntry)[] {
    return this.#entries.filter(
      (entry): entry is ApprovalEntry | CancelEntry =>
        (entry.kind === 'approval' || entry.kind === 'cancel') &&
        !this.#acknowledged.has(entry.seq),
    )
  }

  /** Every entry in order; those that memory has let go come from the file. */
  async *everything(): AsyncGenerator<LedgerEntry> {
    const first = this.#entries[0]?.seq ?? 1
    if (first > 1 && this.#path !== null) {
      const lines = createInterface({ input: createReadStream(this.#path), crlfDelay: Infinity })
      for await (const line of lines) {
        const entry = JSON.parse(line) as LedgerEntry
        if (!('seq' in entry)) continue
        if (entry.seq >= first) break
        yield entry
      }
    }
    yield* this.#entries.filter(({ seq }) => seq >= first)
  }

  approval(daoutrx: string): Approval | undefined {
    return this.#approvals.get(daoutrx)
  }

  key(keyHash: string): IssuedKey | undefined {
    return this.#keys.get(keyHash)
  }

  hasApprovedOrder(cpid: string, orderno: string): boolean {
    return this.#approvedOrders.has(orderKey(cpid, orderno))
  }

  view(filter: LedgerFilter): LedgerView {
    const first = this.#entries[0]?.seq ?? 1
    const page: EntryView[] = []
    for (let at = Math.max(0, filter.since + 1 - first); at < this.#entries.length; at += 1) {
      const entry = this.#entries[at]
      if (entry === undefined || !matches(entry, filter)) continue
      if (page.length >= filter.limit) {
        return {
          totals: { ...this.#totals },
          entries: page,
          next: page.at(-1)?.seq ?? filter.since,
        }
      }
      page.push(viewEntry(entry, this.#approvals.get(entry.daoutrx)?.cancelledWon ?? 0))
    }
    return { totals: { ...this.#totals }, entries: page, next: null }
  }

  close(): void {
    this.#file.close()
  }

  #replay(line: unknown): void {
    if (typeof line !== 'object' || line === null) throw new Error('ledger: a line is no object')
    if ('acknowledges' in line) {
      this.#acknowledged.add((line as { acknowledges: number }).acknowledges)
    } else if ('amends' in line) {
      const amendment = line as { amends: number; answer: AnswerFate }
      this.#setFate(amendment.amends, amendment.answer)
    } else {
      this.#take(line as LedgerEntry)
    }
  }

  #take(entry: LedgerEntry): void {
    this.#lastSeq = entry.seq
    this.#entries.push(entry)
    // Half as much again before the cut, so that the copying is rare.
    if (this.#entries.length > this.#limits.entries * 1.5) {
      this.#entries = this.#entries.slice(-this.#limits.entries)
    }
    this.#totals.entries += 1
    if (entry.kind === 'approval') this.#takeApproval(entry)
    else if (entry.kind === 'key_issue') this.#takeKey(entry)
    else if (entry.kind === 'cancel') this.#takeCancel(entry)
    else this.#totals.declines += 1
  }

  #takeApproval(entry: ApprovalEntry): void {
    const order = orderKey(entry.cpid, entry.orderno)
    this.#totals.approvals += 1
    this.#totals.approvedAmount += entry.amountWon
    if (this.#approvedOrders.has(order)) this.#totals.repeatedOrders += 1
    this.#approvedOrders.add(order)
    this.#approvals.set(entry.daoutrx, { entry, cancelledWon: 0, cancels: 0 })
    if (this.#approvals.size <= this.#limits.approvals) return
    const [oldest] = this.#approvals.values()
    if (oldest === undefined) return
    this.#approvals.delete(oldest.entry.daoutrx)
    this.#approvedOrders.delete(orderKey(oldest.entry.cpid, oldest.entry.orderno))
  }

  #takeKey(entry: KeyIssueEntry): void {
    this.#totals.keysIssued += 1
    this.#keys.set(entry.keyHash, { entry, stopped: false })
    if (this.#keys.size <= this.#limits.keys) return
    const [oldest] = this.#keys.keys()
    if (oldest !== undefined) this.#keys.delete(oldest)
  }

  #takeCancel(entry: CancelEntry): void {
    const stopped = this.#keys.get(entry.stoppedKeyHash)
    if (stopped !== undefined) stopped.stopped = true
    if (entry.stoppedKeyHash !== '') return
    this.#totals.cancels += 1
    this.#totals.cancelledAmount += entry.amountWon
    const approval = this.#approvals.get(entry.daoutrx)
    if (approval === undefined) return
    approval.cancelledWon = entry.cancelledWon
    approval.cancels += 1
  }

  #setFate(seq: number, answer: AnswerFate): void {
    const entry = this.#entries[seq - (this.#entries[0]?.seq ?? 1)]
    if (entry !== undefined) entry.answer = answer
  }
}

function matches(entry: LedgerEntry, filter: LedgerFilter): boolean {
  if (filter.orderno !== null && entry.orderno !== filter.orderno) return false
  return filter.cpid === null || entry.cpid === filter.cpid
}

// The pipe cannot occur in either half.
function orderKey(cpid: string, orderno: string): string {
  return `${cpid}|${orderno}`
}
