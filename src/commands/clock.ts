// `billkey clock`: a sandbox merchant's time, stopped and moved.

import { parseArgs } from 'node:util'

import { clockDependencies } from '../compose/dependencies.ts'
import type { Parts } from '../compose/parts.ts'
import { StartupError } from '../primitives/startup-error.ts'
import {
  advanceClock,
  type AdvanceWish,
  type ClockDependencies,
  type ClockReading,
  type ClockRefusal,
  freezeClock,
  readClock,
  releaseClock,
} from '../sandbox/move-clock.ts'
import { cliActor, type Command, pickMerchant, splitSubcommand, withParts } from './command.ts'
import { readInstant } from './instant.ts'
import { inKorea, print } from './terminal.ts'

export const clockCommand: Command = {
  name: 'clock',
  summary: "Stop a sandbox merchant's time and move it (test clock)",
  help: `Usage: billkey clock show [--merchant <number or name>]
       billkey clock freeze [--at <instant>]
       billkey clock advance --to <instant> | --days <n> | --next
       billkey clock release

Only for merchants whose channels are all test ones. While the clock stands, everything of this merchant happens
at that instant. Advancing runs every schedule and webhook that falls due on the way, in order, at its own time;
--next goes to the next of them. Tokens expire with it. Release lets real time run again.

Examples:
  billkey clock freeze --at 2027-01-01T00:00:00+09:00
  billkey clock advance --days 31
  billkey clock advance --next`,
  async run(args, config) {
    const names = ['show', 'freeze', 'advance', 'release'] as const
    const { name, rest } = splitSubcommand('clock', names, args)
    const { values } = parseArgs({
      args: [...rest],
      options: {
        merchant: { type: 'string' },
        at: { type: 'string' },
        to: { type: 'string' },
        days: { type: 'string' },
        next: { type: 'boolean', default: false },
      },
    })
    await withParts(config, async (parts) => {
      const { merchantId } = await pickMerchant(parts, values.merchant)
      const deps = clockDependencies(parts)
      switch (name) {
        case 'show':
          return show(await readClock(deps, merchantId))
        case 'freeze':
          return show(await freezeClock(deps, merchantId, maybeInstant(values.at), cliActor()))
        case 'advance':
          return advance(parts, deps, { merchantId, values })
        case 'release':
          return show(await releaseClock(deps, merchantId, cliActor()))
      }
    })
  },
}

interface Wanted {
  readonly merchantId: Parameters<typeof readClock>[1]
  readonly values: {
    readonly to?: string | undefined
    readonly days?: string | undefined
    readonly next: boolean
  }
}

async function advance(
  parts: Parts,
  deps: ClockDependencies,
  { merchantId, values }: Wanted,
): Promise<void> {
  const reading = await readClock(deps, merchantId)
  const begun = await advanceClock(deps, merchantId, wishOf(values, reading.nowMs), cliActor())
  if (begun.kind !== 'advance') throw explain(begun)
  print(`advancing to ${inKorea(begun.targetMs)} KST`)
  const progress = setInterval(
    () => print(`  at ${inKorea(parts.clock.now(merchantId))} KST`),
    2_000,
  )
  try {
    print(`${await begun.done} schedules were attempted`)
  } finally {
    clearInterval(progress)
  }
  show(await readClock(deps, merchantId))
}

const dayMs = 86_400_000

function wishOf(values: Wanted['values'], nowMs: number): AdvanceWish {
  if (values.next) return { kind: 'next_event' }
  if (values.to !== undefined) return { kind: 'to', atMs: readInstant(values.to) }
  if (values.days !== undefined && /^\d{1,4}$/.test(values.days)) {
    return { kind: 'to', atMs: nowMs + Number(values.days) * dayMs }
  }
  throw new StartupError('bad_option', 'say how far: --to <instant>, --days <n> or --next')
}

function maybeInstant(text: string | undefined): number | undefined {
  return text === undefined ? undefined : readInstant(text)
}

function show(result: ClockReading | ClockRefusal): void {
  if ('kind' in result) throw explain(result)
  const state = result.isFrozen ? 'frozen' : 'running'
  const going =
    result.advancingToMs === null ? '' : `, advancing to ${inKorea(result.advancingToMs)} KST`
  print(`${inKorea(result.nowMs)} KST, ${state}${going}`)
}

function explain(refusal: ClockRefusal): StartupError {
  switch (refusal.kind) {
    case 'has_live_channel':
      return new StartupError(
        'has_live_channel',
        'this merchant has a live channel: its time cannot be stopped',
      )
    case 'not_frozen':
      return new StartupError('clock_not_frozen', "the clock runs: 'billkey clock freeze' first")
    case 'advancing':
      return new StartupError('clock_advancing', 'the clock is being advanced already')
    case 'out_of_range':
      return new StartupError(
        'clock_out_of_range',
        `the clock stands at ${inKorea(refusal.nowMs)} KST and goes forward only, ten years at most`,
      )
  }
}
