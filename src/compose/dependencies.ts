// What the features need of the parts, put together for the server and for commands.

import packageJson from '../../package.json' with { type: 'json' }
import { longestCallMs } from '../gateways/payjoa/payjoa.gateway.ts'
import type { Idempotency } from '../http/idempotency.ts'
import type { ChargeDependencies } from '../payments/charge.ts'
import type { ClockDependencies } from '../sandbox/move-clock.ts'
import { createCourier } from '../webhooks/deliver-due-webhooks.ts'
import type { DeliverDependencies } from '../webhooks/deliver-webhook.ts'
import { v1PostLimits } from '../webhooks/post-webhook.ts'
import { createInFlight } from '../work/in-flight.ts'
import { type AssembledParts, payjoaTimeouts } from './parts.ts'

export function idempotencyOf(
  parts: AssembledParts,
  leaseMs: number,
): Idempotency & { readonly version: string } {
  const fingerprintKey = parts.masterKeys.deriveKey('idempotency')
  return { ...parts, fingerprintKey, leaseMs, version: packageJson.version }
}

/** What charges, cancels and schedules need; one per process, since it counts what is under way. */
export function chargeDependencies(parts: AssembledParts): ChargeDependencies {
  const { config, log } = parts
  return {
    ...parts,
    inFlight: createInFlight((error) => log.error({ err: error }, 'a charge under way failed')),
    answerWithinMs: config.answerWithinMs,
    // Guide §4 makes two calls to the gateway under one lease.
    leaseMs: 2 * longestCallMs(payjoaTimeouts(config)) + config.leaseMarginMs,
  }
}

/** What moves a sandbox merchant's clock, for commands. */
export function clockDependencies(parts: AssembledParts): ClockDependencies {
  const courier = createCourier(deliverDependencies(parts))
  return { ...chargeDependencies(parts), clock: parts.clock, courier }
}

/** What sends webhooks, for the courier and for commands. */
export function deliverDependencies(parts: AssembledParts): DeliverDependencies {
  return { ...parts, limits: v1PostLimits, version: packageJson.version }
}
