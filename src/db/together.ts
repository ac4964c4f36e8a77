// Calls of one kind that come at the same time travel as one statement: one round trip and, where they write, one commit
// on the disk, whose costs they share. A call waits for nothing but the turn of the event loop it came in while no other is
// under way, so a quiet server is as quick as without; a busy one does more at once the busier it is.

import { AsyncLocalStorage } from 'node:async_hooks'

import type { MerchantId } from '../primitives/ids.ts'
import type { Database, Queryable } from './database.ts'
import { wasRolledBack } from './pg-errors.ts'

export interface Deed<Call, Answer> {
  /**
   * Carries calls of one merchant out, in one statement. Answers in their order; undefined for one that it left alone,
   * of which nothing may have been written.
   */
  together(
    db: Queryable,
    owner: MerchantId,
    calls: readonly Call[],
  ): Promise<readonly (Answer | undefined)[]>
  /** Carries out one that the others could not take along, or whose fault undid them all. */
  alone(db: Queryable, owner: MerchantId, call: Call): Promise<Answer>
}

/** A statement that takes longer waits for somebody's lock, as a rule; those that came meanwhile need not. */
const heldUpMs = 50
/** Statements of one kind and merchant under way at once, however many are held up. */
const underWayMax = 2
/** Keeps a statement short enough for its time limit, and what one fault undoes small. */
const callsMax = 64

type Within = <T>(work: () => T) => T

const here: Within = (work) => work()

interface Waiting<Call, Answer> {
  readonly call: Call
  /** Runs a statement as part of what its first call belongs to: its trace, the fields of its log lines. */
  readonly within: Within
  /** Undefined: it was left alone, or undone with the others. */
  readonly resolve: (answer: Answer | undefined) => void
  readonly reject: (error: unknown) => void
}

interface Progress {
  underWay: number
  /** Of those under way. */
  heldUp: number
}

interface Lane<Call, Answer> extends Progress {
  readonly waiting: Waiting<Call, Answer>[]
  isAsked: boolean
}

function mayBegin({ underWay, heldUp }: Progress): boolean {
  return underWay === heldUp && underWay < underWayMax
}

/** The deed as a function of one call. A call in an open transaction is carried out by itself, there. */
export function together<Call, Answer>(
  deed: Deed<Call, Answer>,
): (db: Queryable, owner: MerchantId, call: Call) => Promise<Answer> {
  const lanesOf = new WeakMap<Database, Map<MerchantId, Lane<Call, Answer>>>()

  function begin(db: Database, owner: MerchantId, lane: Lane<Call, Answer>): void {
    lane.isAsked = false
    if (lane.waiting.length > 0 && mayBegin(lane)) void carryOutNext(db, owner, lane)
  }

  async function carryOutNext(
    db: Database,
    owner: MerchantId,
    lane: Lane<Call, Answer>,
  ): Promise<void> {
    const batch = lane.waiting.splice(0, callsMax)
    let isHeldUp = false
    const holding = setTimeout(() => {
      isHeldUp = true
      lane.heldUp += 1
      ask(db, owner, lane)
    }, heldUpMs)
    lane.underWay += 1
    await batch[0]?.within(() => carryOut(deed, { db, owner }, batch))
    lane.underWay -= 1
    clearTimeout(holding)
    if (isHeldUp) lane.heldUp -= 1
    if (lane.waiting.length > 0) ask(db, owner, lane)
    else if (lane.underWay === 0) lanesOf.get(db)?.delete(owner)
  }

  // At the end of the turn: those that were answered by one statement come with their next one together.
  function ask(db: Database, owner: MerchantId, lane: Lane<Call, Answer>): void {
    if (lane.isAsked || !mayBegin(lane)) return
    lane.isAsked = true
    setImmediate(begin, db, owner, lane)
  }

  function join(db: Database, owner: MerchantId, call: Call): Promise<Answer | undefined> {
    const lanes = lanesOf.get(db) ?? new Map<MerchantId, Lane<Call, Answer>>()
    lanesOf.set(db, lanes)
    const lane = lanes.get(owner) ?? { waiting: [], underWay: 0, heldUp: 0, isAsked: false }
    lanes.set(owner, lane)
    return new Promise((resolve, reject) => {
      const isFirst = lane.waiting.length % callsMax === 0
      const within = isFirst ? AsyncLocalStorage.snapshot() : here
      lane.waiting.push({ call, within, resolve, reject })
      ask(db, owner, lane)
    })
  }

  return async (db, owner, call) => {
    const answer = db.kind === 'transaction' ? undefined : await join(db, owner, call)
    return answer === undefined ? deed.alone(db, owner, call) : answer
  }
}

/** The same for what is read by its name; undefined when there is none. */
export function lookUpTogether<Name, Row>(
  read: (db: Queryable, owner: MerchantId, names: readonly Name[]) => Promise<readonly Row[]>,
  nameOf: (row: Row) => Name,
): (db: Queryable, owner: MerchantId, name: Name) => Promise<Row | undefined> {
  const find = async (db: Queryable, owner: MerchantId, names: readonly Name[]) => {
    const byName = new Map((await read(db, owner, names)).map((row) => [nameOf(row), row]))
    return names.map((name) => byName.get(name) ?? null)
  }
  const findOne = together<Name, Row | null>({
    together: find,
    alone: async (db, owner, name) => (await find(db, owner, [name]))[0] ?? null,
  })
  return async (db, owner, name) => (await findOne(db, owner, name)) ?? undefined
}

/** Never rejects: each call has its own end. */
async function carryOut<Call, Answer>(
  deed: Deed<Call, Answer>,
  { db, owner }: { readonly db: Database; readonly owner: MerchantId },
  batch: readonly Waiting<Call, Answer>[],
): Promise<void> {
  try {
    const calls = batch.map(({ call }) => call)
    const answers = await deed.together(db, owner, calls)
    for (const [at, { resolve }] of batch.entries()) resolve(answers[at])
  } catch (error) {
    // Where the server says that nothing was kept, each goes its own way, and only the one at fault fails.
    const isUndone = wasRolledBack(error)
    for (const { resolve, reject } of batch) {
      if (isUndone) resolve(undefined)
      else reject(error)
    }
  }
}
