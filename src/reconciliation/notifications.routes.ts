// Where PAYJOA sends its notifications: one address per channel, registered with it by the merchant. Not of the V1
// surface: the answer is the page PAYJOA looks for.

import type { FastifyInstance } from 'fastify'

import { findChannelByKey } from '../accounts/channels.store.ts'
import { clientIp } from '../http/request-merchant.ts'
import { type NotificationDependencies, receiveNotification } from './receive-notification.ts'

/** `GET /notifications/daou/{channel_key}?…`. Answers 200 with PAYJOA's word for success only after the commit. */
export function notificationRoutes(app: FastifyInstance, deps: NotificationDependencies): void {
  const { acknowledgement, refusal } = deps.evidence
  app.get<{ Params: { channelKey: string } }>(
    '/notifications/daou/:channelKey',
    async (request, reply) => {
      const channel = await findChannelByKey(deps.db, request.params.channelKey)
      if (channel === undefined) return reply.code(404).type(pageType).send(refusal)
      const result = await receiveNotification(deps, {
        channel,
        sourceIp: clientIp(request),
        query: request.originalUrl.split('?').slice(1).join('?'),
      })
      if (result.kind === 'taken') return reply.code(200).type(pageType).send(acknowledgement)
      const { reason } = result
      deps.log.warn({ channelKey: channel.channelKey, reason }, 'a notification was refused')
      return reply.code(statusOf[reason]).type(pageType).send(refusal)
    },
  )
}

const pageType = 'text/html; charset=EUC-KR'

const statusOf = { foreign_address: 403, foreign_contract: 400, unreadable: 400 } as const
