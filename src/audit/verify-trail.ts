// Holds a merchant's trail against itself, against what was signed of it, and the seals in it against the exchanges,
// payments and cancels they were made over. Reads only, a page at a time.

import { type Database, instant } from '../db/database.ts'
import type { Clock } from '../primitives/clock.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { MasterKeys } from '../vault/master-key.ts'
import { type AuditEvent, genesis, linkHash } from './audit-chain.ts'
import { findFirstSince, listChain } from './audit-events.store.ts'
import { type Checkpoint, judgeCheckpoint } from './checkpoint.ts'
import {
  type AuditHead,
  findHead,
  findNewestCheckpoint,
  listCheckpoints,
} from './checkpoints.store.ts'
import { computeKeyUse, type KeyUse, readSeal, type Seal } from './key-use.ts'
import { findContradictedPayments, findUnsealed } from './key-use.store.ts'
import { sealableUntilMs } from './seal-key-use.ts'

export interface VerifyingDependencies {
  readonly db: Database
  readonly masterKeys: MasterKeys
  readonly clock: Clock
}

export interface TrailFinding {
  /** The event concerned; 0 when it is the trail as a whole. */
  readonly sequence: number
  /** For people. */
  readonly text: string
}

export interface TrailVerdict {
  readonly events: number
  readonly seals: number
  /** The newest event that a signature under a known key covers; 0: none. */
  readonly signedUpTo: number
  /** Where the chain ends as it was read. */
  readonly head: AuditHead
  readonly findings: readonly TrailFinding[]
}

export interface VerifyOptions {
  /** Null: from the first event on. Else the event before is believed. */
  readonly sinceMs: number | null
  /** Heads that were kept elsewhere: the trail must still have each. */
  readonly kept: readonly AuditHead[]
  readonly onProgress: (events: number) => void
}

interface Run extends VerifyingDependencies, VerifyOptions {
  readonly owner: MerchantId
  readonly findings: TrailFinding[]
  readonly counts: { events: number; seals: number; signedUpTo: number }
  /** The oldest event after the newest signature. */
  unsignedSinceMs: number | null
}

const eventsPerPage = 500
// As many as tell what happened; the first one matters most.
const findingsMax = 100

/** Before the first event. */
const beginning: AuditHead = { sequence: 0, hash: genesis }

/** Workers sign within seconds; a restart takes longer. */
const signedWithinMs = 10 * 60_000
/** After an hour was closed, its seal is due within this time. */
const sealedWithinMs = 3_600_000

/** Checks one trail. Findings are of what must not be; the first is where to look. */
export async function verifyTrail(
  deps: VerifyingDependencies,
  owner: MerchantId,
  options: VerifyOptions,
): Promise<TrailVerdict> {
  const run = newRun(deps, owner, options)
  // Read before the events, so that an act meanwhile does not make the head look ahead of them.
  const head = await findHead(deps.db, owner)
  const start = await findStart(run, head)
  const { end } = await followEvents(run, start, () => false)
  await checkEnd(run, head, end)
  return { ...run.counts, head: end, findings: run.findings }
}

/** Where a check in bites has arrived, and what the rest of it has to know. */
export interface TrailPlace extends AuditHead {
  readonly signedUpTo: number
  readonly unsignedSinceMs: number | null
}

export interface TrailBite {
  /** Of this bite; what only the end of the trail can show is found by the last one. */
  readonly verdict: TrailVerdict
  /** Where the next bite begins; null: this was the last one. */
  readonly next: TrailPlace | null
  /** The number of the newest event as the bite began. */
  readonly length: number
}

/**
 * Checks a part of one trail, from its beginning or from where a bite before has arrived, whose event is believed. It
 * ends after the event by which `isEnough` says so; one seal stands for an hour and is checked whole.
 */
export async function verifyTrailBite(
  deps: VerifyingDependencies,
  owner: MerchantId,
  place: TrailPlace | null,
  isEnough: (events: number) => boolean,
): Promise<TrailBite> {
  const run = newRun(deps, owner, { sinceMs: null, kept: [], onProgress: () => undefined })
  run.counts.signedUpTo = place?.signedUpTo ?? 0
  run.unsignedSinceMs = place?.unsignedSinceMs ?? null
  const head = await findHead(deps.db, owner)
  const { end, isWhole } = await followEvents(run, place ?? beginning, isEnough)
  if (isWhole) await checkEnd(run, head, end)
  const { counts, unsignedSinceMs, findings } = run
  return {
    verdict: { ...counts, head: end, findings },
    next: isWhole ? null : { ...end, signedUpTo: counts.signedUpTo, unsignedSinceMs },
    length: head?.sequence ?? 0,
  }
}

function newRun(deps: VerifyingDependencies, owner: MerchantId, options: VerifyOptions): Run {
  const counts = { events: 0, seals: 0, signedUpTo: 0 }
  return { ...deps, ...options, owner, counts, findings: [], unsignedSinceMs: null }
}

async function checkEnd(run: Run, head: AuditHead | undefined, end: AuditHead): Promise<void> {
  checkHead(run, head, end)
  await checkHeadIsNotBehind(run, end)
  await checkLaterCheckpoints(run, end)
  for (const kept of run.kept) await checkKept(run, kept)
  checkUnsigned(run)
  await checkUnsealed(run)
}

function find(run: Run, sequence: number, text: string): void {
  if (run.findings.length < findingsMax) run.findings.push({ sequence, text })
}

// The event before the first one wanted, which is believed. What is not signed by then counts all the same.
async function findStart(run: Run, head: AuditHead | undefined): Promise<AuditHead> {
  const { db, owner, sinceMs, masterKeys } = run
  if (sinceMs === null) return beginning
  const first = (await findFirstSince(db, owner, sinceMs)) ?? (head?.sequence ?? 0) + 1
  const [before] = first <= 1 ? [] : await listChain(db, owner, { after: first - 2, limit: 1 })
  if (before === undefined) return beginning
  const newest = await findNewestCheckpoint(db, owner, masterKeys.ids)
  run.counts.signedUpTo = Math.min(newest?.sequence ?? 0, before.sequence)
  if (run.counts.signedUpTo < before.sequence) run.unsignedSinceMs = before.recordedAtMs
  return { sequence: before.sequence, hash: before.hash }
}

async function followEvents(
  run: Run,
  start: AuditHead,
  isEnough: (events: number) => boolean,
): Promise<{ readonly end: AuditHead; readonly isWhole: boolean }> {
  let end = start
  for (;;) {
    const page = await listChain(run.db, run.owner, { after: end.sequence, limit: eventsPerPage })
    const last = page.at(-1)
    if (last === undefined) return { end, isWhole: true }
    const range = { from: end.sequence + 1, to: last.sequence }
    const checkpoints = await listCheckpoints(run.db, run.owner, range)
    const signed = new Map(checkpoints.map((one) => [one.sequence, one]))
    for (const event of page) {
      checkEvent(run, end, event)
      checkCheckpoint(run, event, signed.get(event.sequence))
      if (event.action === 'key_use.sealed') await checkSeal(run, event)
      end = { sequence: event.sequence, hash: event.hash }
      run.counts.events += 1
      if (isEnough(run.counts.events)) return { end, isWhole: false }
    }
    run.onProgress(run.counts.events)
  }
}

function checkEvent(run: Run, previous: AuditHead, event: AuditEvent): void {
  const { sequence } = event
  const name = `event ${sequence} (${event.action} ${event.subject}, by ${event.actor})`
  const isNext = sequence === previous.sequence + 1
  if (!isNext) {
    const [from, to] = [previous.sequence + 1, sequence - 1]
    find(
      run,
      from,
      from === to ? `event ${from} is missing` : `events ${from} to ${to} are missing`,
    )
  } else if (!event.hash.equals(linkHash(previous.hash, event))) {
    find(
      run,
      sequence,
      `${name} is not what was recorded, or does not follow event ${sequence - 1}`,
    )
  }
}

function checkCheckpoint(run: Run, event: AuditEvent, checkpoint: Checkpoint | undefined): void {
  run.unsignedSinceMs ??= event.recordedAtMs
  if (checkpoint === undefined) return
  const { sequence } = event
  const verdict = judgeCheckpoint(run.masterKeys, checkpoint)
  if (verdict === 'forged') find(run, sequence, `the signature over event ${sequence} is forged`)
  if (verdict !== 'good') return
  run.counts.signedUpTo = sequence
  run.unsignedSinceMs = null
  if (!checkpoint.hash.equals(event.hash)) {
    find(
      run,
      sequence,
      `event ${sequence} is not what was signed ${instant(checkpoint.signedAtMs)}: it, or one before it, was replaced`,
    )
  }
}

async function checkSeal(run: Run, { sequence, detail }: AuditEvent): Promise<void> {
  const seal = readSeal(detail)
  if (seal === undefined) return find(run, sequence, `event ${sequence} is no seal`)
  run.counts.seals += 1
  const found = await computeKeyUse(run.db, run.owner, seal.span)
  const when = `${instant(seal.span.fromMs)} to ${instant(seal.span.toMs)}`
  if (found.digest !== seal.use.digest) {
    find(run, sequence, `key use from ${when} is not what was sealed: ${differenceOf(seal, found)}`)
  }
  const contradicted = await findContradictedPayments(run.db, run.owner, seal.span, findingsMax)
  for (const impUid of contradicted) {
    find(run, sequence, `payment ${impUid} is not what its exchanges, evidence and cancels make it`)
  }
}

const sumNames = {
  exchanges: 'exchanges',
  charges: 'approved charges',
  chargedWon: 'won charged',
  cancels: 'cancels',
  cancelledWon: 'won given back',
} as const satisfies Partial<Record<keyof KeyUse, string>>

function differenceOf({ use }: Seal, found: KeyUse): string {
  const differing = (Object.keys(sumNames) as (keyof typeof sumNames)[])
    .filter((name) => use[name] !== found[name])
    .map((name) => `${use[name]} ${sumNames[name]} were sealed and ${found[name]} are there`)
  return differing.length === 0
    ? `its ${use.exchanges} exchanges, or their payments and cancels, were changed`
    : differing.join(', ')
}

function checkHead(run: Run, head: AuditHead | undefined, end: AuditHead): void {
  if (end.sequence === 0 && head === undefined) {
    // The installation's own trail begins with its first act.
    if (run.owner !== 0)
      find(run, 0, 'there is no trail: every merchant has one from the first day')
    return
  }
  if (head === undefined) return find(run, 0, 'the end of the chain (audit_heads) is missing')
  if (head.sequence > end.sequence) {
    find(run, 0, `events ${end.sequence + 1} to ${head.sequence} are missing at the end`)
  } else if (head.sequence === end.sequence && !head.hash.equals(end.hash)) {
    find(run, 0, 'the end of the chain (audit_heads) is not the hash of its last event')
  }
}

// An act commits its event and the head at once, so the head as it is now is never behind an event that was read.
async function checkHeadIsNotBehind(run: Run, end: AuditHead): Promise<void> {
  const head = await findHead(run.db, run.owner)
  if (head === undefined || head.sequence >= end.sequence) return
  const text = `the end of the chain (audit_heads) says ${head.sequence}, and there are ${end.sequence} events`
  find(run, 0, text)
}

async function checkKept(run: Run, { sequence, hash }: AuditHead): Promise<void> {
  const [event] = await listChain(run.db, run.owner, { after: sequence - 1, limit: 1 })
  if (event?.sequence !== sequence) {
    find(run, sequence, `event ${sequence}, whose head was kept, is not there`)
  } else if (!event.hash.equals(hash)) {
    find(
      run,
      sequence,
      `event ${sequence} is not the head that was kept: it or one before it was replaced`,
    )
  }
}

async function checkLaterCheckpoints(run: Run, { sequence }: AuditHead): Promise<void> {
  const range = { from: sequence + 1, to: Number.MAX_SAFE_INTEGER }
  for (const checkpoint of await listCheckpoints(run.db, run.owner, range)) {
    // Acts go on while we read.
    const [event] = await listChain(run.db, run.owner, { after: checkpoint.sequence - 1, limit: 1 })
    if (event?.sequence === checkpoint.sequence) continue
    const signedAt = instant(checkpoint.signedAtMs)
    find(run, checkpoint.sequence, `event ${checkpoint.sequence}, signed ${signedAt}, is not there`)
  }
}

function checkUnsigned(run: Run): void {
  const { unsignedSinceMs, counts, clock } = run
  if (unsignedSinceMs === null || clock.now() - unsignedSinceMs < signedWithinMs) return
  const first = counts.signedUpTo + 1
  find(
    run,
    first,
    `events from ${first} on are not signed, since ${instant(unsignedSinceMs)} at least: ` +
      'no worker runs, or signatures were taken away',
  )
}

async function checkUnsealed(run: Run): Promise<void> {
  const dueMs = sealableUntilMs(run.clock.now() - sealedWithinMs)
  const firstMs = await findUnsealed(run.db, run.owner, dueMs)
  if (firstMs === null) return
  find(run, 0, `key use since ${instant(firstMs)} is not sealed: no worker runs`)
}
