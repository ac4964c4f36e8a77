// Every route of the V1 surface, and the document that describes them.

import packageJson from '../../package.json' with { type: 'json' }
import { createLoginThrottle } from '../accounts/login-throttle.ts'
import { usersRoutes } from '../accounts/users.routes.ts'
import { billingKeySchema } from '../billing-keys/billing-key.ts'
import { billingKeysRoutes } from '../billing-keys/billing-keys.routes.ts'
import { describeApi } from '../http/openapi.ts'
import type { V1Route } from '../http/v1-routes.ts'
import { cancelsRoutes } from '../payments/cancels.routes.ts'
import type { ChargeDependencies } from '../payments/charge.ts'
import { codesRoutes } from '../payments/codes.routes.ts'
import { paymentSchema } from '../payments/payment-view.ts'
import { paymentsRoutes } from '../payments/payments.routes.ts'
import { prepareRoutes } from '../payments/prepare.routes.ts'
import { subscribePaymentsRoutes } from '../payments/subscribe-payments.routes.ts'
import { sandboxRoutes } from '../sandbox/sandbox.routes.ts'
import { scheduleLookUpRoutes } from '../schedules/schedule-look-ups.routes.ts'
import { scheduleSchema } from '../schedules/schedule-view.ts'
import { schedulesRoutes } from '../schedules/schedules.routes.ts'
import type { Courier } from '../webhooks/deliver-due-webhooks.ts'
import type { AssembledParts } from './parts.ts'

export function allRoutes(
  parts: AssembledParts,
  charge: ChargeDependencies,
  courier: Courier,
): V1Route[] {
  const { db, clock, channels, tokens } = parts
  const throttle = createLoginThrottle(clock)
  return [
    ...usersRoutes({ clock, tokens, throttle, channels }),
    ...subscribePaymentsRoutes(charge),
    ...cancelsRoutes(charge),
    ...schedulesRoutes(charge),
    ...scheduleLookUpRoutes({ db }),
    ...billingKeysRoutes(parts),
    ...paymentsRoutes({ db, clock }),
    ...prepareRoutes({ db, clock }),
    ...codesRoutes(),
    ...sandboxRoutes({ ...charge, clock: parts.clock, courier }),
  ]
}

export function describeRoutes(routes: readonly V1Route[]): object {
  const schemas = { Payment: paymentSchema, BillingKey: billingKeySchema, Schedule: scheduleSchema }
  return describeApi({ routes, schemas, version: packageJson.version })
}

/** The OpenAPI document without a server: the routes get nothing to stand on, so none of them could be run. */
export function describeServer(): object {
  return describeRoutes(allRoutes({} as AssembledParts, {} as ChargeDependencies, {} as Courier))
}
