// The processes of a run: each started, killed and started again by itself, on the port it had.

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
  /** Asked for at each start: a node gets another crash point each time. */
  readonly environment: () => Readonly<Record<string, string>>
  /** What it writes to standard output when it works. */
  readonly readyText: string
}

export interface Supervised {
  readonly name: string
  /** Deaths so far, by whatever hand. */
  readonly deaths: number
  readonly isUp: boolean
  start(): Promise<void>
  /** SIGKILL; it is started again by itself while the run lasts. */
  kill(): void
  /** No further start after this; waits for the end. */
  retire(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

const startLimitMs = 60_000

/** What a process writes when it dies at an edge, before the edge's name. */
export const diedAtMark = 'died at edge: '

/** Starts it again whenever it ends. `onDeath` is told each time, with the edge it died at, if it died at one. */
export function supervise(
  program: Program,
  {
    logDir,
    onDeath,
  }: {
    readonly logDir: string
    readonly onDeath: (edge: string | null) => void
  },
): Supervised {
  let child: ChildProcess | null = null
  let isRetired = false
  let isUp = false
  let deaths = 0

  async function start(): Promise<void> {
    const log = openSync(join(logDir, `${program.name}.log`), 'a')
    const started = spawn(process.execPath, [...program.args], {
      env: { PATH: process.env['PATH'], ...program.environment() },
      stdio: ['pipe', 'pipe', log],
    })
    child = started
    let lastSaid = ''
    started.stdout?.setEncoding('utf8').on('data', (text: string) => {
      writeSync(log, text)
      lastSaid = (lastSaid + text).slice(-500)
    })
    // Not 'exit': by then what it wrote last may not have been read.
    started.once('close', () => {
      closeSync(log)
      isUp = false
      if (isRetired) return
      deaths += 1
      onDeath(lastSaid.split(diedAtMark)[1]?.split('\n')[0] ?? null)
      start().catch(() => undefined) // its next end is told of likewise
    })
    await becomesReady(started, program)
    isUp = true
  }

  return {
    name: program.name,
    get deaths() {
      return deaths
    },
    get isUp() {
      return isUp
    },
    start,
    kill: () => void child?.kill('SIGKILL'),
    async retire(signal) {
      isRetired = true
      if (child === null || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill(signal)
      await ended
    },
  }
}

async function becomesReady(child: ChildProcess, { readyText, name }: Program): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const failed = () => reject(new Error(`${name} did not start`))
    const timer = setTimeout(failed, startLimitMs)
    let said = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (said.length < 10_000) said += text
      if (!said.includes(readyText)) return
      clearTimeout(timer)
      resolve()
    })
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

export function fileOf(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}
