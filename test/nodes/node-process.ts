// One node of many as an operator runs it: `billkey serve --role …` as a process of its own on the test app's database
// and master key, on a port it keeps when it is started again.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { after } from 'node:test'

import { fileOf } from '../support/child-program.ts'
import type { TestApp } from '../support/app.ts'

export interface NodeOptions {
  readonly role: 'api' | 'worker'
  readonly port?: number
  readonly environment?: Readonly<Record<string, string>>
  /** Its machine's clock is wrong by so much. */
  readonly clockAheadMs?: number
}

export interface NodeProcess {
  readonly url: string
  readonly pid: number
  /** What it logged so far. */
  readonly logged: () => string
  signal(signal: NodeJS.Signals): void
  /** Its exit code; null after a signal that cannot be caught. */
  readonly ended: Promise<number | null>
}

const running = new Set<ChildProcess>()

// A test that fails in the middle stops none; left alone they would keep its process alive for ever.
after(() => {
  for (const child of running) child.kill('SIGKILL')
})

/** Gives it once it serves. */
export async function startNode({ parts }: TestApp, options: NodeOptions): Promise<NodeProcess> {
  const { role, port = 0, environment = {}, clockAheadMs = 0 } = options
  const shift = clockAheadMs === 0 ? [] : ['--import', fileOf('test/nodes/shifted-clock.ts')]
  const { databaseUrl, masterKey } = parts.config
  const child = spawn(
    process.execPath,
    [...shift, fileOf('bin/billkey.js'), 'serve', '--role', role],
    {
      env: {
        PATH: process.env['PATH'],
        DATABASE_URL: databaseUrl?.reveal() ?? '',
        BILLKEY_MASTER_KEY: masterKey.key?.reveal() ?? '',
        BILLKEY_PORT: String(port),
        BILLKEY_BREAKER_AFTER: '10000',
        CLOCK_AHEAD_MS: String(clockAheadMs),
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  running.add(child)
  const ended = once(child, 'exit').then(([code]) => {
    running.delete(child)
    return code as number | null
  })
  let logged = ''
  const url = await new Promise<string>((resolve, reject) => {
    void ended.then(() => reject(new Error(`the ${role} node did not start: ${logged}`)))
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      logged += text
      const serving = /"url":"([^"]+)".*"billkey serves"/.exec(logged)?.[1]
      if (serving !== undefined) resolve(serving)
    })
  })
  return {
    url,
    pid: child.pid as number,
    logged: () => logged,
    signal: (signal) => void child.kill(signal),
    ended,
  }
}

/** SIGTERM, and waits for its end. */
export async function stopNode(node: NodeProcess): Promise<number | null> {
  node.signal('SIGTERM')
  return node.ended
}
