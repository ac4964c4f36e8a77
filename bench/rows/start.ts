// How long until it is ready: `billkey sandbox` on a directory that is new, and on one that is not.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { endsWithParent, fileOf, freePort } from '../../test/support/child-program.ts'
import type { RunOptions } from '../contest.ts'
import { figure, type RowOutcome } from '../figures.ts'
import type { Rig } from '../rig.ts'

export async function measureStart(rig: Rig, options: RunOptions): Promise<RowOutcome> {
  const first = { name: 'first start', atMost: 2.5, seconds: [] as number[] }
  const later = { name: 'later starts', atMost: 1, seconds: [] as number[] }
  const errors: string[] = []
  const isConsoleBuilt = existsSync(fileOf('console/dist'))
  for (let round = 1; round <= options.rounds; round += 1) {
    // It goes with the rig and not before the next round: ext4 makes files slowly where thousands were deleted in the last
    // minutes, and half of a first start is making files.
    const dataDir = join(rig.dir, `start-${round}`)
    await mkdir(dataDir, { recursive: true })
    const said: string[] = []
    for (const { name, seconds } of [first, later]) {
      const took = await timeStart(dataDir)
      if (took.kind === 'ready') seconds.push(took.seconds)
      else errors.push(`${name}: ${took.reason}`)
      said.push(`${name} ${took.kind === 'ready' ? `${took.seconds.toFixed(2)} s` : 'failed'}`)
    }
    options.say(`round ${round}  ${said.join(', ')}`)
  }
  return {
    // What never came up has no figure: 0 s would be the best of all.
    figures: [first, later]
      .filter(({ seconds }) => seconds.length > 0)
      .map(({ name, seconds, atMost }) =>
        figure(`\`billkey sandbox\` ready, ${name}`, 's', seconds, {
          kind: 'at most',
          value: atMost,
        }),
      ),
    notes: [
      'from the start of the process until /readyz says 200; what earlier starts compiled is used',
      isConsoleBuilt
        ? 'the console had been built before'
        : 'the console had not been built: the first start of a round builds it once it is ready',
    ],
    errors,
  }
}

const pollMs = 5
const giveUpMs = 60_000

type Start =
  | { readonly kind: 'ready'; readonly seconds: number }
  | { readonly kind: 'failed'; readonly reason: string }

async function timeStart(dataDir: string): Promise<Start> {
  const [port, simulatorPort] = [await freePort(), await freePort()]
  const sinceMs = performance.now()
  const child = spawn(process.execPath, [...endsWithParent, fileOf('bin/billkey.js'), 'sandbox'], {
    env: {
      PATH: process.env['PATH'],
      BILLKEY_DATA_DIR: dataDir,
      BILLKEY_PORT: String(port),
      BILLKEY_SIMULATOR_PORT: String(simulatorPort),
    },
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text))
  const ended = once(child, 'exit')
  try {
    while (!(await isReady(port))) {
      if (child.exitCode !== null) return { kind: 'failed', reason: `it ended: ${complaint}` }
      if (performance.now() - sinceMs > giveUpMs) return { kind: 'failed', reason: 'never ready' }
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
    return { kind: 'ready', seconds: (performance.now() - sinceMs) / 1000 }
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok
  } catch {
    return false
  }
}
