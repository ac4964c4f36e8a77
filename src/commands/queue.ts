// `billkey queue`: what waits behind a channel's rate, when it will be through, and gateways that are taken for down.

import { parseArgs } from 'node:util'

import type { Channel } from '../accounts/channel.ts'
import { listChannels } from '../accounts/channels.store.ts'
import type { Parts } from '../compose/parts.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { closeBreaker, listOpenBreakers } from '../rate/breakers.store.ts'
import { forecastQueue } from '../schedules/queue-forecast.ts'
import { type ChannelQueue, listQueues, queueCountMax } from '../schedules/queue.store.ts'
import { type Command, pickMerchant, splitSubcommand, withParts } from './command.ts'
import { inKorea, print, printTable } from './terminal.ts'

export const queueCommand: Command = {
  name: 'queue',
  summary: "Show what waits behind a channel's rate, and gateways that do not answer",
  help: `Usage: billkey queue show [--merchant <number or name>]
       billkey queue retry <channel key or CPID>

show: for each channel how many schedules are due, how many are being charged, the cap, and when the last of them
will have had its turn. 'down' names a channel whose gateway has not answered: nothing is sent on it, schedules stay
due, and a probe is made every few seconds.
retry: takes the gateway for answering again without waiting for the probe.

Examples:
  billkey queue show
  billkey queue retry CTS00001`,
  async run(args, config) {
    const { name, rest } = splitSubcommand('queue', ['show', 'retry'], args)
    const { values, positionals } = parseArgs({
      args: [...rest],
      allowPositionals: true,
      options: { merchant: { type: 'string' } },
    })
    await withParts(config, async (parts) => {
      const { merchantId } = await pickMerchant(parts, values.merchant)
      if (name === 'show') await show(parts, merchantId)
      else await retry(parts, merchantId, positionals[0])
    })
  },
}

async function show(parts: Parts, merchantId: MerchantId): Promise<void> {
  const nowMs = parts.clock.now(merchantId)
  const [channels, queues, breakers] = await Promise.all([
    listChannels(parts.db, merchantId),
    listQueues(parts.db, merchantId, nowMs),
    listOpenBreakers(parts.db),
  ])
  const downSince = new Map(
    breakers.map((breaker) => [`${breaker.merchantId} ${breaker.channelKey}`, breaker.openedAtMs]),
  )
  printTable(
    ['CPID', 'cap/s', 'due', 'oldest (KST)', 'being charged', 'through (KST)', 'gateway'],
    channels.map((channel) => {
      const queue = queues.find(({ channelKey }) => channelKey === channel.channelKey)
      const since = downSince.get(`${merchantId} ${channel.channelKey}`)
      return [
        channel.pgId,
        String(channel.rateCapPerSecond ?? 'off'),
        countOf(queue),
        typeof queue?.oldestDueAtMs === 'number' ? inKorea(queue.oldestDueAtMs) : '',
        String(queue?.executing ?? 0),
        throughAt(channel, queue, nowMs),
        since === undefined ? 'answers' : `down since ${inKorea(since)}`,
      ]
    }),
  )
  const keyless = queues.find(({ channelKey }) => channelKey === null)
  if (keyless !== undefined) print(`${keyless.due} more are due whose billing key is gone`)
}

function countOf(queue: ChannelQueue | undefined): string {
  const due = queue?.due ?? 0
  return due >= queueCountMax ? `${queueCountMax} or more` : String(due)
}

function throughAt(
  { rateCapPerSecond }: Channel,
  queue: ChannelQueue | undefined,
  nowMs: number,
): string {
  const forecast = forecastQueue(rateCapPerSecond, queue, nowMs)
  switch (forecast.kind) {
    case 'nothing_waits':
      return ''
    case 'at_once':
      return 'at once'
    case 'through':
      return inKorea(forecast.atMs)
  }
}

async function retry(
  parts: Parts,
  merchantId: MerchantId,
  wanted: string | undefined,
): Promise<void> {
  const channels = await listChannels(parts.db, merchantId)
  const channel = channels.find(({ channelKey, pgId }) => channelKey === wanted || pgId === wanted)
  if (channel === undefined) {
    throw new StartupError(
      'no_such_channel',
      `name the channel by its key or CPID, not '${wanted ?? ''}'`,
    )
  }
  const wasDown = await closeBreaker(parts.db, channel)
  print(wasDown ? `${channel.pgId} is used again` : `${channel.pgId} was not taken for down`)
}
