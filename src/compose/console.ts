// The console on the server. An area is added to its API by naming its routes here.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { FastifyInstance } from 'fastify'

import packageJson from '../../package.json' with { type: 'json' }
import { accountRoutes } from '../console/accounts.routes.ts'
import { billingKeyRoutes } from '../console/billing-keys.routes.ts'
import { booksRoutes } from '../console/books.routes.ts'
import { channelRoutes } from '../console/channels.routes.ts'
import { clockRoutes } from '../console/clock.routes.ts'
import { describeConsoleApi } from '../console/console-api.ts'
import type { ConsoleRoute } from '../console/console-call.ts'
import { consoleFiles, hasConsolePages } from '../console/console-files.ts'
import { developerRoutes } from '../console/developers.routes.ts'
import { overviewRoutes } from '../console/overview.routes.ts'
import { paymentRoutes } from '../console/payments.routes.ts'
import { queueRoutes } from '../console/queue.routes.ts'
import { registerConsole } from '../console/register-console.ts'
import { scheduleRoutes } from '../console/schedules.routes.ts'
import { sessionRoutes } from '../console/session.routes.ts'
import { webhookRoutes } from '../console/webhooks.routes.ts'
import { findLiveSession } from '../operators/start-session.ts'
import type { ChargeDependencies } from '../payments/charge.ts'
import type { Courier } from '../webhooks/deliver-due-webhooks.ts'
import { deliverDependencies } from './dependencies.ts'
import type { AssembledParts, Parts } from './parts.ts'

/** What the console's routes are made of. */
export interface ConsoleParts {
  readonly parts: AssembledParts
  readonly charge: ChargeDependencies
  readonly courier: Courier
}

/** Every route of the console's API. */
export function consoleRoutes({ parts, charge, courier }: ConsoleParts): ConsoleRoute[] {
  const { version } = packageJson
  return [
    ...sessionRoutes({ ...parts, version }),
    ...overviewRoutes(parts),
    ...channelRoutes(parts),
    ...queueRoutes(parts),
    ...accountRoutes(parts),
    ...paymentRoutes({ ...parts, ...charge }),
    ...billingKeyRoutes({ ...charge, db: parts.db }),
    ...scheduleRoutes(charge),
    ...developerRoutes(parts),
    ...webhookRoutes(deliverDependencies(parts)),
    ...booksRoutes({ ...charge, ...parts, reportEveryMs: parts.config.evidence.reportEveryMs }),
    ...clockRoutes({ ...charge, clock: parts.clock, courier }),
  ]
}

/** Where the pages come from; `dist` in it is what is served. */
export const consoleFolder = fileURLToPath(new URL('../../console/', import.meta.url))

/** Puts the console on the server: its API and its pages. */
export function addConsole(
  app: FastifyInstance,
  given: ConsoleParts,
  isBeingBuilt: () => boolean,
): void {
  const { parts } = given
  const folder = join(consoleFolder, 'dist')
  consoleFiles(app, { folder, isBeingBuilt })
  registerConsole(app, {
    log: parts.log,
    routes: consoleRoutes(given),
    findSession: (token, sighting) => findLiveSession(parts, token, sighting),
    document: describeConsoleApi(packageJson.version),
  })
}

/** Says in one line that there are no pages to serve, and what to do. */
export async function warnWithoutPages({ log }: Parts): Promise<void> {
  if (await hasConsolePages(join(consoleFolder, 'dist'))) return
  log.warn('the console is not built and /console says so: npm run build:console')
}
