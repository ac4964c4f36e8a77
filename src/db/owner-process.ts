// Starts owner-under-test.ts, listens to what it says, and kills it in the ways tests ask for.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import type { OwnerSays } from './owner-under-test.ts'

export interface OwnerProcess {
  readonly pid: number
  /** The next line it says; fails when it ends without one. */
  next(): Promise<OwnerSays>
  /** To its whole process group, as a terminal does with Ctrl-C. */
  signalGroup(signal: NodeJS.Signals): void
  kill(signal: NodeJS.Signals): Promise<void>
}

export interface OwnerOptions {
  readonly dataDir: string
  readonly script?: string
  readonly uid?: number
  readonly env?: Readonly<Record<string, string>>
}

const ownScript = fileURLToPath(new URL('owner-under-test.ts', import.meta.url))

export function startOwner({ dataDir, script = ownScript, uid, env }: OwnerOptions): OwnerProcess {
  const child: ChildProcess = spawn(process.execPath, [script, dataDir], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
    ...(uid === undefined ? {} : { uid, gid: uid, cwd: '/' }),
  })
  const { pid } = child
  if (pid === undefined || child.stdout === null) throw new Error('the owner process did not start')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ended = once(child, 'exit')
  return {
    pid,
    next: async () => {
      const line = await lines.next()
      if (line.done === true) throw new Error('the owner process ended without a word')
      return JSON.parse(line.value) as OwnerSays
    },
    signalGroup: (signal) => process.kill(-pid, signal),
    kill: async (signal) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      await ended
    },
  }
}

/** Polls what has no event to wait for, such as the end of a process that is not our child. */
export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (let waitedMs = 0; waitedMs < 20_000; waitedMs += 10) {
    if (await condition()) return
    await delay(10)
  }
  throw new Error(`never happened: ${what}`)
}
