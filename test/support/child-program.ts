// Programs as processes of their own, as an operator runs them: started, waited for until they work, their output kept
// in a file. Used by the fault harness and by the benchmarks.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Program {
  readonly name: string
  readonly args: readonly string[]
  /** Asked for at each start. */
  readonly environment: () => Readonly<Record<string, string>>
  /** What it writes to standard output when it works. */
  readonly readyText: string
}

export interface Launched {
  readonly child: ChildProcess
  /** Resolves when it works; rejects when it ends before that, or takes too long. */
  readonly ready: Promise<void>
  /** Its end, after all that it wrote was read: the last of that. */
  readonly closed: Promise<string>
}

// A node starts within a second where it has a processor to itself.
const startLimitMs = 180_000

/** Its standard input is a pipe that only this process holds, for `end-with-parent.ts`. */
export function launch(program: Program, logDir: string): Launched {
  const log = openSync(join(logDir, `${program.name}.log`), 'a')
  const child = spawn(process.execPath, [...program.args], {
    env: { PATH: process.env['PATH'], ...program.environment() },
    stdio: ['pipe', 'pipe', log],
  })
  let lastSaid = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    writeSync(log, text)
    lastSaid = (lastSaid + text).slice(-500)
  })
  // Not 'exit': by then what it wrote last may not have been read.
  const closed = once(child, 'close').then(() => {
    closeSync(log)
    return lastSaid
  })
  return { child, ready: becomesReady(child, program), closed }
}

async function becomesReady(child: ChildProcess, { readyText, name }: Program): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const failed = () => reject(new Error(`${name} did not start`))
    const timer = setTimeout(failed, startLimitMs)
    let said = ''
    const listen = (text: string) => {
      said += text
      if (!said.includes(readyText)) return
      clearTimeout(timer)
      child.stdout?.off('data', listen)
      resolve()
    }
    child.stdout?.on('data', listen)
    child.once('exit', () => {
      clearTimeout(timer)
      failed()
    })
  })
}

/** Free at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const root = new URL('../../', import.meta.url)

/** A file of the repository, named from its root. */
export function fileOf(path: string): string {
  return fileURLToPath(new URL(path, root))
}

/** Loaded into a process, it ends with whoever started it. */
export const endsWithParent: readonly string[] = [
  '--import',
  fileOf('test/support/end-with-parent.ts'),
]
