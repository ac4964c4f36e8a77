// Time that moves only when it is told to. Whoever waits is called back when its instant has come, one at a time.

import type { Clock } from '../../src/primitives/clock.ts'
import type { Timers } from '../../src/primitives/timers.ts'

/** A process as long as it runs. What a dead one waits for never comes. */
export interface Life {
  readonly name: string
  readonly isOver: boolean
  /** Resolves when it ends. */
  readonly over: Promise<void>
  end(): void
}

export function beginLife(name: string): Life {
  const { promise, resolve } = Promise.withResolvers<void>()
  let isOver = false
  return {
    name,
    get isOver() {
      return isOver
    },
    over: promise,
    end() {
      isOver = true
      resolve()
    },
  }
}

/** For what is no process of ours: merchants, the gateway, the operator. */
export const outsideLife: Life = beginLife('outside')

interface Wait {
  readonly dueMs: number
  readonly seq: number
  readonly life: Life
  readonly callBack: () => void
}

export interface VirtualTime {
  readonly nowMs: number
  /** A machine's clock, which goes wrong by so much. */
  clockOf(skewMs: number): Clock
  timersOf(life: Life): Timers
  sleep(waitMs: number): Promise<void>
  /** What the process answers; null when it ends first, or takes longer than that. */
  within<T>(life: Life, limitMs: number, work: Promise<T>): Promise<T | null>
  /** When the next wait is over; null when nobody waits. */
  nextDueMs(): number | null
  advanceTo(atMs: number): void
  /** Ends the wait that is over for longest. False when none is. */
  endOne(): boolean
}

export function createVirtualTime(startMs: number): VirtualTime {
  let nowMs = startMs
  let seq = 0
  const waits: Wait[] = []

  // Later ones first, so that the next is taken from the end.
  function add(wait: Wait): void {
    let at = waits.length
    while (at > 0 && isEarlier(waits[at - 1] as Wait, wait)) at -= 1
    waits.splice(at, 0, wait)
  }

  function dropDead(): void {
    while (waits.at(-1)?.life.isOver === true) waits.pop()
  }

  function timersOf(life: Life): Timers {
    return {
      after(waitMs, callBack) {
        seq += 1
        const wait = { dueMs: nowMs + Math.max(0, waitMs), seq, life, callBack }
        add(wait)
        return () => {
          const at = waits.indexOf(wait)
          if (at !== -1) waits.splice(at, 1)
        }
      },
    }
  }

  return {
    get nowMs() {
      return nowMs
    },
    clockOf: (skewMs) => ({ now: () => nowMs + skewMs }),
    timersOf,
    sleep: (waitMs) => new Promise((resolve) => timersOf(outsideLife).after(waitMs, resolve)),
    async within(life, limitMs, work) {
      let stopTimer = (): void => undefined
      const late = new Promise<null>((resolve) => {
        stopTimer = timersOf(outsideLife).after(limitMs, () => resolve(null))
      })
      const ended = life.over.then(() => null)
      try {
        return await Promise.race([work, late, ended])
      } finally {
        stopTimer()
      }
    },
    nextDueMs() {
      dropDead()
      return waits.at(-1)?.dueMs ?? null
    },
    advanceTo(atMs) {
      nowMs = Math.max(nowMs, atMs)
    },
    endOne() {
      dropDead()
      const next = waits.at(-1)
      if (next === undefined || next.dueMs > nowMs) return false
      waits.pop()
      next.callBack()
      return true
    },
  }
}

function isEarlier(a: Wait, b: Wait): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.seq < b.seq)
}
