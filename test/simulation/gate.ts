// Every statement, request and answer of a simulated process waits here until the scheduler lets it through, one at a
// time. So the order of everything is the seed's, and a process can be ended between any two of them.

import { type Life, outsideLife } from './virtual-time.ts'

export type EdgeKind = 'statement' | 'gateway' | 'report' | 'webhook'

export interface Place {
  readonly life: Life
  readonly kind: EdgeKind
  readonly name: string
}

export interface Work<T> {
  run(): Promise<T>
  /** The same when it is carried out late, and nobody is there any more. Absent: then it is not carried out. */
  readonly runLate?: () => Promise<T>
  wordsOf(result: T): string
}

/** One wait: before the work, and again before its answer is heard. */
export interface Edge extends Place {
  readonly seq: number
  /** `asking`: nothing has been done yet. `answering`: it has, and nobody was told. */
  readonly phase: 'asking' | 'answering'
  /** Not to be let through before. */
  heldUntilMs: number
  /** Does the work for real; gives what came of it, in words. */
  carryOut(): Promise<string>
  /** Tells what came of the work. */
  answer(): void
  /** Tells something else, as a network would. */
  answerWith(value: unknown): void
  fail(error: Error): void
  /** Whoever asked is told `value`; the work itself is done later. */
  postpone(value: unknown, untilMs: number): void
}

export interface Gate {
  readonly parked: readonly Edge[]
  pass<T>(place: Place, work: Work<T>): Promise<T>
  /** Forgets what processes that have ended waited for. */
  dropDead(): void
}

type Done<T> =
  | { readonly kind: 'result'; readonly value: T }
  | { readonly kind: 'error'; readonly error: Error }

/** `onFailure` is told of work that failed by itself. */
export function createGate(onFailure: (place: Place, error: Error) => void): Gate {
  let parked: Edge[] = []
  let seq = 0

  function park<T>(place: Place, work: Work<T>, tell: (done: Done<T>) => void): Edge {
    let done: Done<T> | null = null
    const leaveWith = (told: Done<T>): void => {
      parked = parked.filter((other) => other !== edge)
      tell(told)
    }
    const edge: Edge = {
      ...place,
      seq: (seq += 1),
      heldUntilMs: 0,
      get phase() {
        return done === null ? ('asking' as const) : ('answering' as const)
      },
      async carryOut() {
        done = await work.run().then(
          (value): Done<T> => ({ kind: 'result', value }),
          (error: unknown): Done<T> => ({ kind: 'error', error: error as Error }),
        )
        if (done.kind === 'result') return work.wordsOf(done.value)
        onFailure(place, done.error)
        return `failed: ${done.error.message}`
      },
      answer: () => leaveWith(done ?? { kind: 'error', error: new Error('not carried out') }),
      answerWith: (value) => leaveWith({ kind: 'result', value: value as T }),
      fail: (error) => leaveWith({ kind: 'error', error }),
      postpone(value, untilMs) {
        leaveWith({ kind: 'result', value: value as T })
        if (work.runLate === undefined) return
        const late = { ...work, run: work.runLate }
        park(
          { ...place, life: outsideLife, name: `late ${place.name}` },
          late,
          () => undefined,
        ).heldUntilMs = untilMs
      },
    }
    parked.push(edge)
    return edge
  }

  return {
    get parked() {
      return parked
    },
    pass: (place, work) =>
      new Promise((resolve, reject) => {
        if (place.life.isOver) return
        park(place, work, (done) => {
          if (done.kind === 'result') resolve(done.value)
          else reject(done.error)
        })
      }),
    dropDead() {
      parked = parked.filter(({ life }) => !life.isOver)
    },
  }
}

// A turn of the event loop without news, so many times, and everything that can go on by itself has.
const quietTurns = 4

/** Waits until nothing goes on by itself. `newsOf` counts what has happened. */
export async function settle(newsOf: () => number): Promise<void> {
  let known = newsOf()
  for (let quiet = 0; quiet < quietTurns; quiet += 1) {
    await new Promise<void>((resolve) => setImmediate(resolve))
    const news = newsOf()
    if (news !== known) quiet = -1
    known = news
  }
}
