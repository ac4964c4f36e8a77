// How long until it is ready: `billkey sandbox` on a directory that is new, and on one that is not.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { endsWithParent, fileOf, freePort } from '../../test/support/child-program.ts'
import type { RunOptions } from '../contest.ts'
import { figure, type RowOutcome } from '../figures.ts'
import type { Rig } from '../rig.ts'

export async function measureStart(rig: Rig, options: RunOptions): Promise<RowOutcome> {
  const first: number[] = []
  const later: number[] = []
  const errors: string[] = []
  const isConsoleBuilt = existsSync(fileOf('console/dist'))
  for (let round = 1; round <= options.rounds; round += 1) {
    const dataDir = join(rig.dir, `start-${round}`)
    await mkdir(dataDir, { recursive: true })
    for (const seconds of [first, later]) {
      const took = await timeStart(dataDir)
      if (took.error !== null) errors.push(took.error)
      seconds.push(took.seconds)
    }
    await rm(dataDir, { recursive: true, force: true })
    options.say(
      `round ${round}  first ${first.at(-1)?.toFixed(2)} s, later ${later.at(-1)?.toFixed(2)} s`,
    )
  }
  return {
    figures: [
      figure('`billkey sandbox` ready, first start', 's', first, { kind: 'at most', value: 2.5 }),
      figure('`billkey sandbox` ready, later starts', 's', later, { kind: 'at most', value: 1 }),
    ],
    notes: [
      'from the start of the process until /readyz says 200; no compile cache is set',
      isConsoleBuilt
        ? 'the console had been built before'
        : 'the console had not been built: the first start of a round builds it beside itself',
    ],
    errors,
  }
}

const pollMs = 5
const giveUpMs = 60_000

async function timeStart(dataDir: string): Promise<{ seconds: number; error: string | null }> {
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
      if (child.exitCode !== null) return { seconds: 0, error: `it ended: ${complaint}` }
      if (performance.now() - sinceMs > giveUpMs) return { seconds: 0, error: 'never ready' }
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
    return { seconds: (performance.now() - sinceMs) / 1000, error: null }
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
