// The simulator as a process of its own: a crash of one side never takes the other along, and a benchmark sees
// two programs. It ends with us, however we end: it watches the IPC channel.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { StartupError } from '../primitives/startup-error.ts'

export interface SimulatorProcess {
  readonly url: string
  /** Resolves when it ended without being asked to. */
  readonly ended: Promise<'simulator'>
  stop(): Promise<void>
}

const entry = fileURLToPath(new URL('../../simulator/main.ts', import.meta.url))
const startLimitMs = 10_000
// It is asked to stop when nothing of ours waits for it any more, so it has only itself to close.
const stopLimitMs = 3_000

export async function startSimulatorProcess(options: {
  readonly port: number
  readonly ledgerFile: string
  readonly seed?: number | undefined
}): Promise<SimulatorProcess> {
  const child = fork(
    entry,
    [
      '--port',
      String(options.port),
      '--ledger',
      options.ledgerFile,
      ...(options.seed === undefined ? [] : ['--seed', String(options.seed)]),
    ],
    // A group of its own: Ctrl-C must reach it after our charges under way have their answers. Node's options are ours
    // alone: a debugger's port, or a module that wants our standard input.
    { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true, execArgv: [] },
  )
  let said = ''
  let complaint = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint += text))
  const exited = once(child, 'exit')
  const url = await new Promise<string>((resolve, reject) => {
    const failed = () => reject(explain(complaint, options.port))
    const timer = setTimeout(failed, startLimitMs)
    child.once('exit', failed)
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const ready = readyUrl(said)
      if (ready === undefined) return
      clearTimeout(timer)
      resolve(ready)
    })
  }).catch((error: unknown) => {
    child.kill('SIGKILL')
    throw error
  })
  let isAsked = false
  return {
    url,
    ended: new Promise((resolve) => {
      child.once('exit', () => {
        if (!isAsked) resolve('simulator')
      })
    }),
    async stop() {
      isAsked = true
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      const overdue = setTimeout(() => child.kill('SIGKILL'), stopLimitMs)
      await exited
      clearTimeout(overdue)
    },
  }
}

// Long enough to see a payment whose answer was lost as `ready`, short enough to wait for its end.
const notificationDelayMs = 3_000
const notificationEveryMs = 10_000

/** From now on the simulator tells of what it does under a contract at this address, as PAYJOA would at the one registered with it. */
export async function sendNotificationsTo(
  simulatorUrl: string,
  { cpid, url }: { readonly cpid: string; readonly url: string },
): Promise<void> {
  const settings = {
    notificationUrls: { [cpid]: url },
    notificationDelayMs,
    notificationEveryMs,
  }
  const reply = await fetch(`${simulatorUrl}/_settings`, {
    method: 'POST',
    body: JSON.stringify(settings),
  })
  if (!reply.ok) throw new StartupError('simulator_failed', 'the simulator took no settings')
}

function readyUrl(said: string): string | undefined {
  const line = said.split('\n').find((candidate) => candidate.includes('"simulator":"ready"'))
  if (line === undefined || !line.endsWith('}')) return undefined
  return (JSON.parse(line) as { url: string }).url
}

function explain(complaint: string, port: number): StartupError {
  if (complaint.includes('EADDRINUSE') || complaint.includes('taken')) {
    return new StartupError(
      'port_taken',
      `port ${port} of the simulator is taken: stop the program that uses it, or choose another with BILLKEY_SIMULATOR_PORT`,
    )
  }
  const [first] = complaint.trim().split('\n')
  return new StartupError(
    'simulator_failed',
    `the simulator did not start: ${first ?? 'no reason given'}`,
  )
}
