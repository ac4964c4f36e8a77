// Runs the postmaster so that it outlives Ctrl-C but not us. It has its own session, so a terminal's
// signals pass it by; and a guard, a shell waiting on a pipe that only we hold, shuts it down when
// the pipe breaks, however we die.

import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

import type { PostgresBinaries } from './embedded-binaries.ts'
import { clusterDir, type ServerHome } from './embedded-home.ts'
import { readPostmasterFile, type PostmasterFile } from './postmaster-file.ts'
import { listProcessesWorkingIn } from './process-identity.ts'
import { unprivilegedSpawnOptions } from './server-account.ts'
import type { StorageLog } from './storage-log.ts'

const execFileAsync = promisify(execFile)

export interface ServerProcess {
  readonly postmaster: PostmasterFile
  /** Resolves when the postmaster is gone, whoever ended it. */
  readonly exited: Promise<void>
  /** Fast shutdown: open transactions are rolled back, committed ones are kept. */
  stop(): Promise<void>
}

export interface ServerLaunch {
  readonly home: ServerHome
  readonly binaries: PostgresBinaries
  /** Given on the command line, so that neither file nor ALTER SYSTEM overrides them. */
  readonly settings: Readonly<Record<string, string>>
  readonly log: StorageLog
  /** Called when the program runs and is waited for. */
  readonly onLaunch?: (() => void) | undefined
}

/** The postmaster ended before it was ready; `text` is what it said. */
export interface LaunchFailure {
  readonly kind: 'failed'
  readonly text: string
}

export interface LaunchSuccess {
  readonly kind: 'ready'
  readonly server: ServerProcess
}

const readyPollMs = 10
// Recovery after a crash may take minutes; it is waited for, and told about this often.
const slowStartNoticeMs = 10_000
// Fast shutdown writes a checkpoint. Beyond this the disk is sick, and recovery does the rest.
const fastShutdownMaxMs = 20_000
const immediateShutdownMaxMs = 6_000
const logWriterMaxMs = 1_000

// The shell turns into the postmaster, so its number is the postmaster's and its exit is ours to see.
// The guard is a grandchild, since the postmaster would log a child it does not know. A line on the
// pipe means the postmaster is gone already and its number must not be signalled.
const guardScript = '( ( read -r line <&3 || kill -INT $$ ) >/dev/null 2>&1 & ); exec "$@" 3<&-'

export async function launchServer(launch: ServerLaunch): Promise<LaunchSuccess | LaunchFailure> {
  const { home, log } = launch
  const startupLog = join(home.path, 'startup.log')
  const child = await spawnPostmaster(launch, startupLog)
  launch.onLaunch?.()
  let hasExited = false
  const exited = new Promise<void>((resolve) => {
    const end = () => {
      hasExited = true
      resolve()
    }
    child.once('exit', end)
    child.once('error', end)
  })
  const guard = child.stdio[3] as Writable | null | undefined
  guard?.on('error', () => undefined) // The guard may be gone first; then there is nobody to tell.
  void exited.then(() => guard?.end('gone\n'))
  const postmaster = await waitUntilReady(child, clusterDir(home.path), () => hasExited, log)
  if (postmaster === null) {
    return { kind: 'failed', text: await readFile(startupLog, 'utf8').catch(() => '') }
  }
  // Neither the server nor the pipe is a reason for this process to stay.
  child.unref()
  ;(guard as { unref?: () => void } | null | undefined)?.unref?.()
  let stopping: Promise<void> | undefined
  const stop = () => (stopping ??= stopServer({ launch, child, guard, exited }))
  return { kind: 'ready', server: { postmaster, exited, stop } }
}

async function spawnPostmaster(
  { home, binaries, settings }: ServerLaunch,
  startupLog: string,
): Promise<ChildProcess> {
  const args = ['-D', clusterDir(home.path)]
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`)
  const output = await open(startupLog, 'w', 0o600)
  const { cwd, env, uid, gid } = unprivilegedSpawnOptions(home.account)
  const common = { cwd, env, uid, gid, detached: true, windowsHide: true }
  try {
    if (process.platform === 'win32') {
      return spawn(binaries.postgres, args, { ...common, stdio: ['ignore', 'ignore', output.fd] })
    }
    return spawn('/bin/sh', ['-c', guardScript, 'sh', binaries.postgres, ...args], {
      ...common,
      stdio: ['ignore', 'ignore', output.fd, 'pipe'],
    })
  } finally {
    await output.close()
  }
}

async function waitUntilReady(
  child: ChildProcess,
  cluster: string,
  hasExited: () => boolean,
  log: StorageLog,
): Promise<PostmasterFile | null> {
  for (let waitedMs = readyPollMs; !hasExited(); waitedMs += readyPollMs) {
    const postmaster = await readPostmasterFile(cluster)
    if (postmaster !== null && postmaster.pid === child.pid && postmaster.isReady) return postmaster
    if (waitedMs % slowStartNoticeMs === 0) {
      log.info({ waitedMs }, 'PostgreSQL is still starting (recovering after a crash?)')
    }
    await delay(readyPollMs)
  }
  return null
}

interface RunningChild {
  readonly launch: ServerLaunch
  readonly child: ChildProcess
  readonly guard: Writable | null | undefined
  readonly exited: Promise<void>
}

async function stopServer(running: RunningChild): Promise<void> {
  await stopPostmaster(running)
  // The log's writer ends a moment after the postmaster; until then the directory is not quiet.
  const cluster = clusterDir(running.launch.home.path)
  for (let waitedMs = 0; waitedMs < logWriterMaxMs; waitedMs += readyPollMs) {
    if ((await listProcessesWorkingIn(cluster)).length === 0) return
    await delay(readyPollMs)
  }
}

async function stopPostmaster({ launch, child, guard, exited }: RunningChild): Promise<void> {
  child.ref()
  if (process.platform === 'win32') await stopWithPgCtl(launch)
  else guard?.end() // The same way as when we die: the guard sends the signal.
  if (await endsWithin(exited, fastShutdownMaxMs)) return
  launch.log.warn(
    { pid: child.pid },
    'PostgreSQL does not shut down: stopping it without checkpoint',
  )
  child.kill('SIGQUIT')
  if (await endsWithin(exited, immediateShutdownMaxMs)) return
  launch.log.error({ pid: child.pid }, 'PostgreSQL does not stop: killing it')
  child.kill('SIGKILL')
  await exited
}

// Windows has no signals; pg_ctl speaks to the postmaster over its named pipe.
async function stopWithPgCtl({ binaries, home }: ServerLaunch): Promise<void> {
  const args = ['stop', '-D', clusterDir(home.path), '-m', 'fast', '--no-wait']
  await execFileAsync(binaries.pgCtl, args).catch(() => undefined)
}

async function endsWithin(exited: Promise<void>, maxMs: number): Promise<boolean> {
  const timer = new AbortController()
  try {
    return await Promise.race([
      exited.then(() => true),
      delay(maxMs, false, { signal: timer.signal }).catch(() => false),
    ])
  } finally {
    timer.abort()
  }
}
