// The slots of schedules as this process knows their channels: by the cap of each, and none while its gateway is down.

import type { ChannelOpener } from '../accounts/open-channel.ts'
import type { Breakers } from '../rate/breakers.ts'
import { type AttemptSlots, attemptsAhead, createAttemptSlots } from './attempt-slots.ts'

export function createScheduleSlots(deps: {
  readonly channels: ChannelOpener
  readonly breakers: Breakers
  readonly atOnce: number
}): AttemptSlots {
  return createAttemptSlots({
    atOnce: deps.atOnce,
    async limitOf({ merchantId, channelKey }) {
      // Without a key it cannot be sent, and ends by saying so.
      if (channelKey === null) return Number.POSITIVE_INFINITY
      if (deps.breakers.isOpen({ merchantId, channelKey })) return 0
      const channels = await deps.channels.list(merchantId)
      const channel = channels.find((candidate) => candidate.channelKey === channelKey)
      return attemptsAhead(channel?.rateCapPerSecond ?? null)
    },
  })
}
