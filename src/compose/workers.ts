// What a worker does, one entry each: name it here, and it is started and stopped with the rest.

import { forgetRequests } from '../accounts/request-log.store.ts'
import { sealKeyUse } from '../audit/seal-key-use.ts'
import { signChains } from '../audit/sign-chains.ts'
import { analyseYoungTables } from '../db/young-tables.ts'
import { expireIdempotencyKeys } from '../http/idempotency.ts'
import { sweepSessions } from '../operators/sessions.store.ts'
import { sweepTries } from '../operators/sign-in-tries.store.ts'
import type { ChargeDependencies } from '../payments/charge.ts'
import { expireLostCancels } from '../payments/expire-lost-cancels.ts'
import { expireLostSenders } from '../payments/expire-lost-senders.ts'
import { giveBackKept } from '../payments/give-back.ts'
import { createScheduleSlots } from '../schedules/schedule-slots.ts'
import { createScheduleRunner } from '../schedules/run-due-schedules.ts'
import type { Courier } from '../webhooks/deliver-due-webhooks.ts'
import { collectEvidence } from '../reconciliation/collect-evidence.ts'
import { createPeriodic } from '../work/periodic.ts'
import type { Pulse, Watched } from '../work/pulse.ts'
import type { AssembledParts } from './parts.ts'

/** Work that goes on by itself. `stop` begins nothing more and waits for the round under way. */
export interface Worker {
  readonly name: string
  start(): void
  /** One round now, for whoever keeps the time himself. */
  round(): Promise<void>
  stop(): Promise<void>
}

const sweepEveryMs = 5_000
// A webhook leaves within this time of its event, as long as there are hands free.
const courierEveryMs = 500
// Money that must not stay leaves within this time of its being found.
const giveBackEveryMs = 5_000
// How long what a kept notification proves waits, once its payment is unknown; files have times of their own.
const evidenceEveryMs = 2_000
const keySweepEveryMs = 60_000
// For how long somebody with the database alone could rewrite an act that was just recorded.
const signEveryMs = 5_000
const sealEveryMs = 60_000
const sessionSweepEveryMs = 10 * 60_000
// A new installation may take thousands of payments a minute.
const youngTablesEveryMs = 5_000
const requestSweepEveryMs = 10 * 60_000
// A merchant that calls without pause shall not fill the disk: some gigabyte at most.
const requestsKeptMax = 1_000_000
const dayMs = 86_400_000

// Without a good round for so long a worker has stalled. Rounds that wait for the gateway or for a file may take long.
const stallsAfterMs = 60_000
const minuteStallsAfterMs = 5 * 60_000
const patientStallsAfterMs = 15 * 60_000

/** Every worker of the roles `worker` and `all`. */
export function createWorkers(
  parts: AssembledParts,
  charge: ChargeDependencies,
  { courier, pulse }: { readonly courier: Courier; readonly pulse: Pulse },
): readonly Worker[] {
  const often = { pulse, stallsAfterMs }
  const eachMinute = { pulse, stallsAfterMs: minuteStallsAfterMs }
  const patient = { pulse, stallsAfterMs: patientStallsAfterMs }
  return [
    createLostSenderSweeper(parts, often),
    createKeySweeper(parts, eachMinute),
    createSessionSweeper(parts, patient),
    createRequestSweeper(parts, patient),
    createCourierRounds(parts, courier, often),
    createScheduleRunner(
      { ...charge, observer: parts.observer, watched: often },
      createScheduleSlots({ ...parts, atOnce: parts.config.schedulesAtOnce }),
    ),
    createGiveBackSweeper(charge, patient),
    createEvidenceCollector(parts, patient),
    createTrailSigner(parts, often),
    createKeyUseSealer(parts, eachMinute),
    createYoungTableKeeper(parts),
  ]
}

function createLostSenderSweeper(
  { db, clock, ids, log, metrics }: AssembledParts,
  watched: Watched,
): Worker {
  return createPeriodic({
    name: 'lost_senders',
    watched,
    everyMs: sweepEveryMs,
    run: async () => {
      const ended = await expireLostSenders({ db, clock, ids })
      metrics.count('billkey_leases_lapsed_total', { what: 'payment' }, ended)
      if (ended > 0) log.warn({ ended }, 'payments of lost senders were ended')
      const cancels = await expireLostCancels({ db, clock })
      metrics.count('billkey_leases_lapsed_total', { what: 'cancel' }, cancels)
      if (cancels > 0) log.warn({ cancels }, 'cancels of lost senders became unknown')
    },
    onFailure: (error) => log.error({ err: error }, 'the sweep for lost senders failed'),
  })
}

function createKeySweeper({ db, clock, log }: AssembledParts, watched: Watched): Worker {
  return createPeriodic({
    name: 'idempotency_keys',
    watched,
    everyMs: keySweepEveryMs,
    run: async () => {
      while ((await expireIdempotencyKeys({ db, clock })) > 0);
    },
    onFailure: (error) => log.error({ err: error }, 'the sweep for expired keys failed'),
  })
}

function createSessionSweeper({ db, clock, log }: AssembledParts, watched: Watched): Worker {
  return createPeriodic({
    name: 'console_sessions',
    watched,
    everyMs: sessionSweepEveryMs,
    run: async () => {
      await sweepSessions(db, clock.now())
      await sweepTries(db, clock.now())
    },
    onFailure: (error) => log.error({ err: error }, 'the sweep for ended sessions failed'),
  })
}

function createRequestSweeper(
  { db, clock, log, config }: AssembledParts,
  watched: Watched,
): Worker {
  return createPeriodic({
    name: 'request_log',
    watched,
    everyMs: requestSweepEveryMs,
    run: async () => {
      const beforeMs = clock.now() - config.requestLogDays * dayMs
      await forgetRequests(db, { beforeMs, keptMax: requestsKeptMax })
    },
    onFailure: (error) =>
      log.error({ err: error }, 'the sweep for old lines of the request log failed'),
  })
}

function createCourierRounds({ log }: AssembledParts, courier: Courier, watched: Watched): Worker {
  return createPeriodic({
    name: 'webhooks',
    watched,
    everyMs: courierEveryMs,
    run: async () => void (await courier.pass()),
    onFailure: (error) => log.error({ err: error }, 'due webhooks could not be looked for'),
  })
}

function createGiveBackSweeper(charge: ChargeDependencies, watched: Watched): Worker {
  return createPeriodic({
    name: 'give_back',
    watched,
    everyMs: giveBackEveryMs,
    run: async (stopping) => {
      const cancelled = await giveBackKept(charge, stopping)
      if (cancelled > 0) charge.log.warn({ cancelled }, 'money that must not stay was given back')
    },
    onFailure: (error) =>
      charge.log.error({ err: error }, 'the sweep for money to give back failed'),
  })
}

function createEvidenceCollector(parts: AssembledParts, watched: Watched): Worker {
  const deps = { ...parts, reportEveryMs: parts.config.evidence.reportEveryMs }
  return createPeriodic({
    name: 'evidence',
    watched,
    everyMs: evidenceEveryMs,
    run: async (stopping) => {
      const ended = await collectEvidence(deps, stopping)
      if (ended > 0)
        parts.log.info({ ended }, 'unknown payments and cancels were ended by evidence')
    },
    onFailure: (error) => parts.log.error({ err: error }, 'evidence could not be collected'),
  })
}

function createTrailSigner(parts: AssembledParts, watched: Watched): Worker {
  return createPeriodic({
    name: 'trail_signer',
    watched,
    everyMs: signEveryMs,
    run: async () => void (await signChains(parts)),
    onFailure: (error) => parts.log.error({ err: error }, 'audit trails could not be signed'),
  })
}

function createKeyUseSealer({ db, clock, ids, log }: AssembledParts, watched: Watched): Worker {
  return createPeriodic({
    name: 'key_use_sealer',
    watched,
    everyMs: sealEveryMs,
    run: async () => {
      while ((await sealKeyUse({ db, clock, ids })) > 0);
    },
    onFailure: (error) => log.error({ err: error }, 'the use of keys could not be sealed'),
  })
}

// Nothing that has to go on: without it the server's own round comes within a minute.
function createYoungTableKeeper({ db, log }: AssembledParts): Worker {
  return createPeriodic({
    name: 'young_tables',
    everyMs: youngTablesEveryMs,
    run: async () => void (await analyseYoungTables(db)),
    onFailure: (error) => log.error({ err: error }, 'young tables could not be analysed'),
  })
}
