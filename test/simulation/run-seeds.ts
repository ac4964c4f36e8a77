// Many seeds, on several processes side by side. Each seed is a world of its own, so nothing is shared but PostgreSQL.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { mutatedTree, type MutationName } from '../harness/mutations.ts'
import { testServer } from '../support/database-server.ts'
import type { SeedResult } from './run-seed.ts'

export interface SeedsOptions {
  readonly firstSeed: number
  readonly seeds: number
  readonly months: number
  /** Processes side by side. */
  readonly jobs: number
  readonly mutation: MutationName | null
  /** Says whether to go on. */
  readonly onResult: (result: SeedResult) => boolean
}

const root = fileURLToPath(new URL('../../', import.meta.url))

export async function runSeeds(options: SeedsOptions): Promise<void> {
  const { mutation } = options
  if (mutation === null) return runIn(root, options)
  const dir = await mkdtemp(join(tmpdir(), 'billkey-simulation-'))
  try {
    await runIn(await mutatedTree(dir, mutation), options)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function runIn(tree: string, options: SeedsOptions): Promise<void> {
  const server = await testServer()
  let next = options.firstSeed
  let isOver = false
  const lastSeed = options.firstSeed + options.seeds - 1

  async function work(): Promise<void> {
    const child = fork(join(tree, 'test/simulation/seed-process.ts'), [], {
      env: { ...process.env, BILLKEY_TEST_DATABASE_URL: server },
    })
    const ended = once(child, 'exit')
    try {
      await answerOf(child)
      while (!isOver && next <= lastSeed) {
        child.send({ seed: next, months: options.months })
        next += 1
        if (!options.onResult((await answerOf(child)) as SeedResult)) isOver = true
      }
    } finally {
      if (child.connected) child.disconnect()
      await ended
    }
  }

  const jobs = Math.min(options.jobs, options.seeds)
  await Promise.all(Array.from({ length: jobs }, work))
}

/** Rejects when the process ends instead. */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const listening = new AbortController()
  const { signal } = listening
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]) => message as unknown),
      once(child, 'exit', { signal }).then(() => {
        throw new Error('a process of the simulation ended')
      }),
    ])
  } finally {
    listening.abort()
  }
}
