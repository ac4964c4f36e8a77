// Where PAYJOA sends its notifications: one address per channel, registered with it by the merchant. Not of the V1
// surface: the answer is the page PAYJOA looks for.

import type { FastifyInstance } from 'fastify'

import { findChannelByKey } from '../accounts/channels.store.ts'
import { clientIp } from '../http/request-merchant.ts'
import { within } from '../telemetry/activity.ts'
import {
  type NotificationDependencies,
  type NotificationResult,
  type NotificationVerdict,
  type ReceivedNotification,
  receiveNotification,
} from './receive-notification.ts'

/** `GET /notifications/daou/{channel_key}?…`. Answers 200 with PAYJOA's word for success only after the commit. */
export function notificationRoutes(app: FastifyInstance, deps: NotificationDependencies): void {
  const { acknowledgement, refusal } = deps.evidence
  const strangers = createStrangerCount(deps)
  app.get<{ Params: { channelKey: string } }>(
    '/notifications/daou/:channelKey',
    async (request, reply) => {
      const sourceIp = clientIp(request)
      // Anybody may knock: who cannot be the gateway costs no look into the database, and no line of log each.
      if (!deps.sources.mayAllow(sourceIp)) {
        strangers.count()
        deps.observer.notificationAnswered('foreign_address')
        return reply.code(403).type(pageType).send(refusal)
      }
      const channel = await findChannelByKey(deps.db, request.params.channelKey)
      if (channel === undefined) {
        deps.observer.notificationAnswered('unknown_channel')
        // Only the gateway is told that there is no such channel: to others one is as good as another.
        const status = deps.sources.allows(sourceIp, undefined) ? 404 : 403
        return reply.code(status).type(pageType).send(refusal)
      }
      const query = request.originalUrl.split('?').slice(1).join('?')
      const { merchantId, channelKey } = channel
      const result = await within('receive notification', { merchantId, channelKey }, () =>
        receiveAndTell(deps, { channel, sourceIp, query }),
      )
      if (result.kind === 'taken') return reply.code(200).type(pageType).send(acknowledgement)
      const { reason } = result
      deps.log.warn({ merchantId, channelKey, reason }, 'a notification was refused')
      return reply.code(statusOf[reason]).type(pageType).send(refusal)
    },
  )
}

async function receiveAndTell(
  deps: NotificationDependencies,
  received: ReceivedNotification,
): Promise<NotificationResult> {
  let verdict: NotificationVerdict = 'broken_off'
  try {
    const result = await receiveNotification(deps, received)
    verdict = result.kind === 'taken' ? result.applied : result.reason
    return result
  } finally {
    deps.observer.notificationAnswered(verdict)
  }
}

const pageType = 'text/html; charset=EUC-KR'

const statusOf = { foreign_address: 403, foreign_contract: 400, unreadable: 400 } as const

const strangersEveryMs = 60_000

// One line a minute says how many there were.
function createStrangerCount({ clock, log }: NotificationDependencies) {
  let refused = 0
  let saidAtMs = Number.NEGATIVE_INFINITY
  return {
    count(): void {
      refused += 1
      if (clock.now() - saidAtMs < strangersEveryMs) return
      log.warn({ refused, reason: 'foreign_address' }, 'notifications were refused')
      refused = 0
      saidAtMs = clock.now()
    },
  }
}
