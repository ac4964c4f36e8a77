// The demo shop's time: moved from event to event, each of which is done at its own instant and one after another, so
// that every run of the same story gives the same books.

import { signChains } from '../../../src/audit/sign-chains.ts'
import { chargeDependencies, deliverDependencies } from '../../../src/compose/dependencies.ts'
import type { TestClock } from '../../../src/primitives/clock.ts'
import { collectEvidence } from '../../../src/reconciliation/collect-evidence.ts'
import { findDueSchedulesOf, findNextEvent } from '../../../src/sandbox/sandbox-clock.store.ts'
import { executeDueSchedule } from '../../../src/schedules/execute-schedule.ts'
import { createCourier } from '../../../src/webhooks/deliver-due-webhooks.ts'
import type { TestApp } from '../../support/app.ts'

export interface ShopTime {
  /** Goes on to an instant; everything that falls due on the way has happened by then. */
  moveTo(atMs: number): Promise<void>
  /** What is due at this instant, done now. */
  doWhatIsDue(): Promise<void>
  /** One round of looking for evidence about what is unknown, daily files included. */
  collectEvidence(): Promise<void>
  sign(): Promise<void>
  stop(): Promise<void>
}

const schedulesMax = 500

/** Of an app with the role `api`, whose workers this stands for. */
export function keepTime({ parts, merchant }: TestApp, clock: TestClock): ShopTime {
  const charge = chargeDependencies(parts)
  const courier = createCourier(deliverDependencies(parts))
  const patient = { ...charge, answerWithinMs: charge.leaseMs }
  const owner = merchant.merchantId

  async function doWhatIsDue(): Promise<void> {
    for (const due of await findDueSchedulesOf(parts.db, owner, clock.now(), schedulesMax)) {
      await executeDueSchedule(patient, due)
    }
    while ((await courier.pass()) > 0) await courier.idle()
  }

  return {
    doWhatIsDue,
    async moveTo(atMs) {
      for (;;) {
        const nextMs = (await findNextEvent(parts.db, owner)) ?? atMs
        clock.advance(Math.max(0, Math.min(nextMs, atMs) - clock.now()))
        await doWhatIsDue()
        if (nextMs >= atMs) return
      }
    },
    collectEvidence: async () =>
      void (await collectEvidence({
        ...parts,
        reportEveryMs: parts.config.evidence.reportEveryMs,
      })),
    sign: async () => void (await signChains(parts)),
    stop: () => courier.stop(0),
  }
}
