// The log of V1 requests that developers read in the console. It costs a request nothing but a place in a queue: one
// statement a second writes what has gathered. It is no evidence, so when the database is away for long the oldest
// lines are dropped, and that is said.

import { mayPassWithTime } from '../db/pg-errors.ts'
import type { Queryable } from '../db/database.ts'
import type { WatchAnswers, WatchedAnswer } from '../http/answer-watch.ts'
import type { Clock } from '../primitives/clock.ts'
import { createPeriodic, type Periodic } from '../work/periodic.ts'
import { insertRequests, type LoggedRequest } from './request-log.store.ts'

/** Stopping it writes what is left. */
export interface RequestLog extends Periodic {
  readonly watch: WatchAnswers
}

interface RequestLogDependencies {
  readonly db: Queryable
  readonly clock: Clock
  readonly log: {
    warn(fields: object, message: string): void
    error(fields: object, message: string): void
  }
}

const flushEveryMs = 1_000
/** Ten seconds of a busy process, a few megabytes. */
export const queuedMax = 10_000
const perStatement = 5_000
// As many are dropped at once, so that a full queue is not moved for each.
const dropped = 1_000

export function createRequestLog({ db, clock, log }: RequestLogDependencies): RequestLog {
  let queue: LoggedRequest[] = []
  let lost = 0

  function makeRoom(room: number): void {
    if (queue.length + room <= queuedMax) return
    const count = Math.max(dropped, queue.length + room - queuedMax)
    lost += queue.splice(0, count).length
  }

  async function flush(): Promise<void> {
    if (lost > 0) {
      log.warn(
        { lost },
        'lines of the request log were dropped: they came faster than they could be kept',
      )
      lost = 0
    }
    const batch = queue.splice(0, perStatement)
    if (batch.length === 0) return
    try {
      await insertRequests(db, batch)
    } catch (error) {
      // What the database refuses for good would be refused for ever, and hold up the rest.
      if (!mayPassWithTime(error)) {
        log.error({ err: error, lost: batch.length }, 'lines of the request log could not be kept')
        return
      }
      makeRoom(batch.length)
      queue = [...batch, ...queue]
      throw error
    }
  }

  const rounds = createPeriodic({
    name: 'request log lines',
    everyMs: flushEveryMs,
    run: flush,
    onFailure: (error) => log.warn({ err: error }, 'the request log could not be written'),
  })
  return {
    ...rounds,
    watch(answer) {
      if (answer.merchant === null && answer.claimedKey === null) return
      makeRoom(1)
      queue.push(lineOf(answer, clock.now()))
    },
    async stop() {
      await rounds.stop()
      try {
        while (queue.length > 0) await flush()
      } catch (error) {
        log.warn({ err: error, lost: queue.length }, 'the end of the request log was not kept')
      }
    },
  }
}

function lineOf(answer: WatchedAnswer, nowMs: number): LoggedRequest {
  const { merchant, claimedKey, ...rest } = answer
  return {
    ...rest,
    atMs: nowMs - answer.durationMs,
    merchantId: merchant?.merchantId ?? null,
    impKey: merchant?.impKey ?? claimedKey,
  }
}
