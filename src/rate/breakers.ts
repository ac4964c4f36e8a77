// A gateway that does not answer is left alone: each further request would end as unknown, and somebody would have to
// find out what became of it. While it is open nothing leaves; a probe of the ready step, which moves no money, closes
// it. Held in memory, shared through the database within a second.

import type { Queryable } from '../db/database.ts'
import type { Clock } from '../primitives/clock.ts'
import { type Health, nextStreak, probeAfterMs, type Streak } from './breaker.ts'
import {
  type ChannelName,
  claimProbe,
  closeBreaker,
  listOpenBreakers,
  type OpenBreaker,
  openBreaker,
} from './breakers.store.ts'

export interface Breakers {
  /** From memory. */
  isOpen(channel: ChannelName): boolean
  /** All that are open, from memory. */
  open(): readonly ChannelName[]
  /** What a call has said of the gateway's health. */
  learn(channel: ChannelName, health: Health, reason: string): void
  /** Reads what other processes found. To be called about once a second. */
  refresh(): Promise<void>
  /** Probes what is due of what is open. Apart from `refresh`: a gateway that hangs must not hold up news of others. */
  probeDue(): Promise<void>
}

export interface BreakerDependencies {
  readonly db: Queryable
  readonly clock: Clock
  readonly log: {
    info(fields: object, message: string): void
    warn(fields: object, message: string): void
  }
  /** Calls in distress, one after the other, that open it. */
  readonly opensAfter: number
  /** True when the gateway answers its ready step. */
  readonly probe: (channel: ChannelName) => Promise<boolean>
}

export function createBreakers({
  db,
  clock,
  log,
  opensAfter,
  probe,
}: BreakerDependencies): Breakers {
  const streaks = new Map<string, Streak>()
  let open = new Map<string, OpenBreaker>()

  async function openNow(opened: OpenBreaker): Promise<void> {
    const { channelKey, reason } = opened
    log.warn({ channelKey, reason }, 'the gateway does not answer: nothing is sent')
    try {
      await openBreaker(db, opened)
    } catch (error) {
      // Not known to others, and this process forgets it with the next look: the streak goes on from there.
      log.warn({ err: error }, 'an open breaker could not be stored')
    }
  }

  async function probeOne(row: OpenBreaker, nowMs: number): Promise<void> {
    const isOurs = await claimProbe(db, row, nowMs, nowMs + probeAfterMs(row.probes + 1))
    if (!isOurs || !(await probe(row))) return
    await closeBreaker(db, row)
    open.delete(keyOf(row))
    streaks.delete(keyOf(row))
    log.info({ channelKey: row.channelKey }, 'the gateway answers again')
  }

  return {
    isOpen: (channel) => open.size > 0 && open.has(keyOf(channel)),
    open: () => [...open.values()],
    learn(channel, health, reason) {
      const key = keyOf(channel)
      const known = streaks.get(key)
      if (known === undefined && health !== 'distress') return
      const streak = nextStreak(known, health, clock.now())
      if (streak === undefined) {
        streaks.delete(key)
        return
      }
      streaks.set(key, streak)
      if (streak.count < opensAfter || open.has(key)) return
      const openedAtMs = clock.now()
      const probeAtMs = openedAtMs + probeAfterMs(0)
      const opened = { ...channel, openedAtMs, reason, probes: 0, probeAtMs }
      open.set(key, opened)
      void openNow(opened)
    },
    async refresh() {
      const rows = await listOpenBreakers(db)
      for (const closed of open.keys()) {
        if (!rows.some((row) => keyOf(row) === closed)) streaks.delete(closed)
      }
      open = new Map(rows.map((row) => [keyOf(row), row]))
    },
    async probeDue() {
      const nowMs = clock.now()
      const due = [...open.values()].filter(({ probeAtMs }) => probeAtMs <= nowMs)
      await Promise.all(due.map((row) => probeOne(row, nowMs)))
    },
  }
}

function keyOf({ merchantId, channelKey }: ChannelName): string {
  return `${merchantId} ${channelKey}`
}
