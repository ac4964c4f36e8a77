// The slots of schedules as this process knows their channels: by the cap of each, none while its gateway is down,
// and none of a merchant that is held after a restore.

import type { ChannelOpener } from '../accounts/open-channel.ts'
import type { HoldWatch } from '../payments/hold.ts'
import type { Breakers } from '../rate/breakers.ts'
import { type AttemptSlots, attemptsAhead, createAttemptSlots } from './attempt-slots.ts'

export function createScheduleSlots(deps: {
  readonly channels: ChannelOpener
  readonly breakers: Breakers
  readonly holds: Pick<HoldWatch, 'isHeld'>
  readonly atOnce: number
}): AttemptSlots {
  return createAttemptSlots({
    atOnce: deps.atOnce,
    async limitOf({ merchantId, channelKey }) {
      if (deps.holds.isHeld(merchantId)) return 0
      // Without a key it cannot be sent, and ends by saying so.
      if (channelKey === null) return Number.POSITIVE_INFINITY
      if (deps.breakers.isOpen({ merchantId, channelKey })) return 0
      const channels = await deps.channels.list(merchantId)
      const channel = channels.find((candidate) => candidate.channelKey === channelKey)
      return attemptsAhead(channel?.rateCapPerSecond ?? null)
    },
  })
}
