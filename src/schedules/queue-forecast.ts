// When what waits behind a channel's rate will have had its turn. Pure.

import type { ChannelQueue } from './queue.store.ts'

export type QueueForecast =
  | { readonly kind: 'nothing_waits' }
  | { readonly kind: 'at_once' }
  | { readonly kind: 'through'; readonly atMs: number }

export function forecastQueue(
  rateCapPerSecond: number | null,
  queue: Pick<ChannelQueue, 'due' | 'executing'> | undefined,
  nowMs: number,
): QueueForecast {
  const waiting = (queue?.due ?? 0) + (queue?.executing ?? 0)
  if (waiting === 0) return { kind: 'nothing_waits' }
  if (rateCapPerSecond === null) return { kind: 'at_once' }
  return { kind: 'through', atMs: nowMs + (waiting / rateCapPerSecond) * 1_000 }
}
