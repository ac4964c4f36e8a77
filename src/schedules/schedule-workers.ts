// What a worker process does for schedules: charges what is due, and gives back what a card check has left.

import type { ChargeDependencies } from '../payments/charge.ts'
import { createPeriodic } from '../work/periodic.ts'
import { createAttemptSlots } from './attempt-slots.ts'
import { giveBackCardChecks } from './give-back-card-checks.ts'
import { createScheduleRunner, type ScheduleRunner } from './run-due-schedules.ts'

const giveBackEveryMs = 60_000

/** `stop` begins nothing more; charges under way are the process's to drain. */
export function createScheduleWorkers(
  deps: ChargeDependencies,
  options: { readonly atOnce: number },
): ScheduleRunner {
  const runner = createScheduleRunner(deps, createAttemptSlots(options.atOnce))
  const sweeper = createPeriodic({
    everyMs: giveBackEveryMs,
    run: async () => {
      const cancelled = await giveBackCardChecks(deps)
      if (cancelled > 0) deps.log.warn({ cancelled }, 'card checks were given back late')
    },
    onFailure: (error) => deps.log.error({ err: error }, 'the sweep for card checks failed'),
  })
  return {
    start() {
      runner.start()
      sweeper.start()
    },
    async stop() {
      await Promise.all([runner.stop(), sweeper.stop()])
    },
  }
}
