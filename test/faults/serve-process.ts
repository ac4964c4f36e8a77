// `billkey serve` as a process of its own, to be killed at any moment. It shares the test app's database, master
// key and merchant.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { callV1, type TestApp } from '../support/app.ts'
import type { Caller } from './ways-to-charge.ts'

export interface ServeProcess {
  readonly url: string
  readonly pid: number
  /** The test app's merchant, talking to this process. */
  readonly merchant: Caller
  /** Everything it wrote to standard output and to standard error so far. */
  readonly stdout: () => string
  readonly stderr: () => string
  /** SIGKILL: nothing of it runs any more when this resolves. */
  kill(): Promise<void>
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>
  /** Waits for its end and for all it has written. */
  ended(): Promise<number | null>
}

const entry = fileURLToPath(new URL('../../bin/billkey.js', import.meta.url))

/** Starts one and waits until it serves. `masterKey` must be the test app's BILLKEY_MASTER_KEY. */
export async function startServeProcess(
  app: TestApp,
  masterKey: string,
  environment: Record<string, string> = {},
): Promise<ServeProcess> {
  const child = spawn(process.execPath, [entry, 'serve'], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: app.parts.config.databaseUrl?.reveal() ?? '',
      BILLKEY_MASTER_KEY: masterKey,
      BILLKEY_PORT: '0',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  const closed = once(child, 'close')
  let stdout = ''
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const url = await new Promise<string>((resolve, reject) => {
    void exited.then(() => reject(new Error(`billkey serve did not start: ${stderr}${stdout}`)))
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      const serving = /"url":"([^"]+)".*"billkey serves"/.exec(stdout)?.[1]
      if (serving !== undefined) resolve(serving)
    })
  })
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    await exited
  }
  return {
    url,
    pid: child.pid as number,
    merchant: merchantOf(app, url),
    stdout: () => stdout,
    stderr: () => stderr,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    ended: async () => ((await closed) as [number | null])[0],
  }
}

function merchantOf({ merchant }: TestApp, url: string): Caller {
  let token: string | undefined
  return {
    async call(method, path, body, headers = {}) {
      if (token === undefined) {
        const { impKey, impSecret } = merchant
        const asked = { body: { imp_key: impKey, imp_secret: impSecret } }
        const reply = await callV1(url, 'POST', '/users/getToken', asked)
        token = (reply.body.response as { access_token: string }).access_token
      }
      const request = { body, headers: { authorization: token, ...headers } }
      return callV1(url, method, path, request)
    },
  }
}
