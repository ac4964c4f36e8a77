// The real `npm start` and `billkey …` as processes, for tests that kill them. Every wait ends with a condition;
// its limit only says when a test has failed, and is generous because machines are busy.

import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import {
  processCommandLine,
  processStartToken,
  signalProcess,
} from '../../src/db/process-identity.ts'
import { listProcessesOf } from './process-tree.ts'

export const repository = fileURLToPath(new URL('../../', import.meta.url))
export const launcher = join(repository, 'bin', 'billkey.js')

const waitMaxMs = 60_000
// Halves the second that every process takes to load; Node does without where it cannot write.
const compileCache = join(repository, 'node_modules', '.cache', 'node-compile')
const pollMs = 20

export interface ProcessOptions {
  readonly dataDir: string
  readonly env?: Readonly<Record<string, string>>
  /** The program and its arguments; `node bin/billkey.js` when not given. */
  readonly command?: readonly string[]
  readonly uid?: number
}

/** What a process of ours left behind when it ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** What the sandbox printed when it was ready. */
export interface Welcome {
  readonly apiUrl: string
  readonly simulatorUrl: string
  readonly impKey: string
  readonly impSecret: string
  /** The access token in the commands. */
  readonly token: string
  /** The guide's four commands, exactly as printed. */
  readonly commands: readonly string[]
}

export interface SandboxProcess extends Welcome {
  /** Of the process that was started: npm, or billkey itself. */
  readonly pid: number
  readonly dataDir: string
  /** Waits for its end. */
  ended(): Promise<Ending>
  /** All that was printed so far. */
  readonly printed: () => string
  kill(signal: NodeJS.Signals): void
  /** To its whole process group, as a terminal does with Ctrl-C. */
  killGroup(signal: NodeJS.Signals): void
  /** Numbers of the live processes that belong to it, itself included. */
  processes(): Promise<number[]>
  /** The one live process of its tree whose command line holds `part`. */
  processWith(part: string): Promise<number>
  /** Ctrl-C, and the wait for all of it to be gone. */
  stop(): Promise<Ending>
}

/** Our own environment without what would reach into the process: settings, the runner's and npm's variables. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const foreign =
    /^(?:BILLKEY_|npm_|NODE_TEST_CONTEXT$|NODE_OPTIONS$|NODE_V8_COVERAGE$|DATABASE_URL$)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)))
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>

function spawnBillkey(args: readonly string[], options: ProcessOptions): Child {
  const [program = '', ...own] = options.command ?? [process.execPath, launcher]
  return spawn(program, [...own, ...args], {
    cwd: repository,
    detached: true,
    env: {
      ...cleanEnvironment(),
      NODE_COMPILE_CACHE: compileCache,
      BILLKEY_PORT: '0',
      // A build of the console beside each start would be most of the work.
      BILLKEY_CONSOLE: 'off',
      BILLKEY_SIMULATOR_PORT: '0',
      ...options.env,
      BILLKEY_DATA_DIR: options.dataDir,
    },
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  })
}

/** Runs a command to its end, with `input` on its standard input. */
export async function runBillkey(
  args: readonly string[],
  options: ProcessOptions & { readonly input?: string },
): Promise<Ending> {
  const child = spawnBillkey(args, options)
  child.stdin.on('error', () => undefined) // Not every command reads it.
  child.stdin.end(options.input ?? '')
  return untilEnded(watch(child))
}

async function untilEnded({ ending }: Watched): Promise<Ending> {
  await until('the end of the process', async () => ending() !== null)
  return ending() as Ending
}

interface Watched {
  /** Null while it runs. */
  readonly ending: () => Ending | null
  readonly printed: () => string
}

function watch(child: Child): Watched {
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  // 'close' comes when nobody holds the pipes any more: under npm, when billkey itself has gone too.
  let ending: Ending | null = null
  child.once('close', (code: number | null, signal: NodeJS.Signals | null) => {
    ending = { code, signal, stdout, stderr }
  })
  return { ending: () => ending, printed: () => stdout }
}

export const npmStart = ['npm', 'start'] as const

/** Starts the sandbox and waits until it says that it is ready. */
export async function startSandbox(options: ProcessOptions): Promise<SandboxProcess> {
  // A command of the test's own, `npm start` for one, says by itself what is started.
  const child = spawnBillkey(options.command === undefined ? ['sandbox'] : [], options)
  child.stdin.end()
  const watched = watch(child)
  const { ending, printed } = watched
  const { pid } = child
  if (pid === undefined) throw new Error('the sandbox was not started')
  await until('the sandbox is ready', async () => ending() !== null || isReady(printed()))
  if (ending() !== null) throw new Error(`the sandbox ended: ${JSON.stringify(ending())}`)
  return {
    ...readWelcome(printed()),
    pid,
    dataDir: options.dataDir,
    ended: () => untilEnded(watched),
    printed,
    kill: (signal) => void child.kill(signal),
    killGroup: (signal) => void process.kill(-pid, signal),
    processes: () => listProcessesOf(options.dataDir),
    processWith: (part) => findProcess(options.dataDir, part),
    async stop() {
      process.kill(-pid, 'SIGINT')
      const value = await untilEnded(watched)
      await untilGone(options.dataDir)
      return value
    },
  }
}

function isReady(printed: string): boolean {
  return printed.includes('Ctrl-C stops.')
}

function readWelcome(printed: string): Welcome {
  const value = (name: string) => {
    const found = new RegExp(`^  ${name} +(\\S+)`, 'm').exec(printed)?.[1]
    if (found === undefined) throw new Error(`no ${name} in: ${printed}`)
    return found
  }
  // A command goes on for as long as its lines end with a backslash.
  const commands = [...printed.matchAll(/^curl (?:.*\\\n)*.*$/gm)].map(([command]) => command)
  return {
    apiUrl: value('API'),
    simulatorUrl: value('PAYJOA'),
    impKey: value('imp_key'),
    impSecret: value('imp_secret'),
    token: /Authorization: (\w+)/.exec(commands[0] ?? '')?.[1] ?? '',
    commands,
  }
}

async function findProcess(dataDir: string, part: string): Promise<number> {
  for (const pid of await listProcessesOf(dataDir)) {
    if ((await processCommandLine(pid))?.includes(part) === true) return pid
  }
  throw new Error(`no process of ${dataDir} has '${part}' in its command line`)
}

/** Waits until no process of that data directory lives. */
export async function untilGone(dataDir: string): Promise<void> {
  // Looking at one process is cheap; looking for all of them is not, and is done when those known are gone.
  let known: number[] = []
  await until(`the end of all processes of ${dataDir}`, async () => {
    for (const pid of known) if (await isAlive(pid)) return false
    known = await listProcessesOf(dataDir)
    return known.length === 0
  })
}

async function isAlive(pid: number): Promise<boolean> {
  return (await processStartToken(pid)) !== null
}

/** Polls what has no event to wait for. */
export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (let waitedMs = 0; waitedMs < waitMaxMs; waitedMs += pollMs) {
    if (await condition()) return
    await delay(pollMs)
  }
  throw new Error(`never happened: ${what}`)
}

export interface Place {
  readonly path: string
  /** Ends what still runs in it, and removes it. For `after`. */
  remove(): Promise<void>
}

/** A directory for the data directories of a test file. */
export async function makePlace(): Promise<Place> {
  const path = await mkdtemp(join(tmpdir(), 'billkey-sandbox-'))
  // PostgreSQL runs as another user when we are root, and has to pass through.
  await chmod(path, 0o755)
  return {
    path,
    async remove() {
      for (const pid of await listProcessesOf(path)) signalProcess(pid, 'SIGTERM')
      await untilGone(path)
      await rm(path, { recursive: true, force: true })
    },
  }
}

/** Where the sandbox's PostgreSQL lives when its user cannot reach the data directory. */
export async function movedHome(dataDir: string): Promise<string | null> {
  const file = join(dataDir, 'postgres.location')
  return readFile(file, 'utf8').then(
    (location) => location.trim(),
    () => null,
  )
}
