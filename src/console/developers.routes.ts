// What developers look at: the log of V1 requests, test cards, and the guide's commands with their values.

import type { Static } from 'typebox'

import { listApiKeys } from '../accounts/accounts.store.ts'
import {
  findNewestRequest,
  type LoggedRequest,
  searchRequests,
} from '../accounts/request-log.store.ts'
import { instant, type Queryable } from '../db/database.ts'
import type { Clock } from '../primitives/clock.ts'
import type { IdSource } from '../primitives/ids.ts'
import { curlOf, guideSteps, scheduleStep, tokenStep } from '../sandbox/guide-commands.ts'
import { shownTestCards } from '../sandbox/test-cards.ts'
import { type ConsoleRoute, consoleRoute } from './console-call.ts'
import { signedIn } from './console-caller.ts'
import { consoleRefusal } from './console-error.ts'
import { developerCalls, type requestSchema } from './developers-view.ts'
import { readCursor, walkedPageOf, writeCursor } from './page.ts'
import { periodOf } from './read-filter.ts'

export interface DeveloperRoutesDependencies {
  readonly db: Queryable
  readonly clock: Clock
  readonly ids: IdSource
  readonly isSandbox: boolean
}

// Lines are written a second or so after their answers, by several processes: what is newer than the newest line that
// was seen may have been begun before it.
const overlapMs = 60_000

export function developerRoutes(deps: DeveloperRoutesDependencies): ConsoleRoute[] {
  const { db } = deps
  return [
    consoleRoute(developerCalls.listRequests, async (input, caller) => {
      const { merchantId } = signedIn(caller)
      const { limit, cursor, result = null, impUid = null } = input
      const { fromMs, toMs } = periodOf(input)
      const seen = readCursor(input.after)
      const sinceMs = seen === undefined ? fromMs : Math.max(fromMs ?? 0, seen.atMs - overlapMs)
      const newest = await findNewestRequest(db, merchantId)
      const filter = { result, impUid, fromMs: sinceMs, toMs }
      const page = await searchRequests(db, merchantId, filter, {
        after: readCursor(cursor),
        limit,
      })
      return {
        ...walkedPageOf(page, showRequest),
        newestCursor: newest === undefined ? null : writeCursor(newest),
      }
    }),
    consoleRoute(developerCalls.listTestCards, async () => {
      if (!deps.isSandbox) {
        throw consoleRefusal(
          'sandbox_only',
          'Test cards are of the simulator, which a sandbox has.',
        )
      }
      return { items: [...shownTestCards] }
    }),
    consoleRoute(developerCalls.getGuide, async (_, caller) => {
      const { merchantId } = signedIn(caller)
      const keys = await listApiKeys(db, merchantId)
      const impKey = keys.find(({ revokedAtMs }) => revokedAtMs === null)?.impKey ?? null
      const run = deps.ids.digits(7)
      const steps = [
        tokenStep(impKey),
        ...guideSteps(run),
        scheduleStep(run, deps.clock.now(merchantId)),
      ]
      return {
        apiUrl: caller.origin,
        impKey,
        steps: steps.map(({ note: _note, ...step }) =>
          Object.assign(step, {
            command: curlOf(
              { ...step, note: '' },
              caller.origin,
              step.key === 'token' ? null : '$TOKEN',
            ),
          }),
        ),
      }
    }),
  ]
}

function showRequest(request: LoggedRequest): Static<typeof requestSchema> {
  return {
    requestId: request.requestId,
    at: instant(request.atMs),
    method: request.method,
    route: request.route,
    status: request.status,
    code: request.code,
    message: request.message,
    durationMs: request.durationMs,
    impUid: request.impUid,
    merchantUid: request.merchantUid,
    customerUid: request.customerUid,
    impKey: request.impKey,
    clientIp: request.clientIp,
  }
}
