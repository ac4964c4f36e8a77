// A worker as an operator runs it: a process of its own on the app's database and master key, real time.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import type { TestApp } from '../support/app.ts'

export interface WorkerProcess {
  /** SIGKILL, and waits until the process is gone. */
  kill(): Promise<void>
  /** SIGTERM: it finishes what it has begun. Gives its exit code. */
  stop(): Promise<number | null>
}

const billkey = fileURLToPath(new URL('../../bin/billkey.js', import.meta.url))

/** Gives the process once it works. */
export async function startWorker(
  { parts }: TestApp,
  environment: Readonly<Record<string, string>> = {},
): Promise<WorkerProcess> {
  const { databaseUrl, masterKey } = parts.config
  const child = spawn(process.execPath, [billkey, 'serve', '--role', 'worker'], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: databaseUrl?.reveal() ?? '',
      BILLKEY_MASTER_KEY: masterKey.key?.reveal() ?? '',
      BILLKEY_PORT: '0',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await started(child)
  // Nobody reads on; a full pipe would hold the process up.
  child.stdout?.resume()
  return {
    async kill() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
    async stop() {
      child.kill('SIGTERM')
      const [code] = (await once(child, 'exit')) as [number | null]
      return code
    },
  }
}

async function started(child: ChildProcess): Promise<void> {
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    lines.push(line)
    if ((JSON.parse(line) as { msg?: string }).msg === 'billkey serves') return
  }
  throw new Error(`the worker did not start: ${lines.join('\n')}`)
}
