// Why an event is not sent again.

import type { ReplayResult } from '../webhooks/replay-webhooks.ts'
import { type ConsoleError, consoleRefusal, notFound } from './console-error.ts'

export function refuseReplay({ kind }: Exclude<ReplayResult, { kind: 'due' }>): ConsoleError {
  switch (kind) {
    case 'absent':
      return notFound('event')
    case 'endpoint_paused':
      return consoleRefusal(
        'webhook_endpoint_paused',
        'The endpoint is paused: it would be held again. Resume the endpoint.',
      )
    case 'being_sent':
      return consoleRefusal('webhook_being_sent', 'It is being sent at this moment.')
  }
}
