// The PostgreSQL that tests use: BILLKEY_TEST_DATABASE_URL where given, else one that all test files
// of this checkout share and that is gone soon after the last of them (see database-host.ts).

import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, openSync, readFileSync, statSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('../../', import.meta.url))
const hostScript = fileURLToPath(new URL('database-host.ts', import.meta.url))
const retryMs = 25
const respawnMs = 1_000
// A first start makes the cluster, on a machine that is busy with other tests.
const startMaxMs = 60_000

let connectionString: Promise<string> | undefined

/** A connection string to the server's maintenance database, for a role that may create databases. */
export function testServer(): Promise<string> {
  const given = process.env['BILLKEY_TEST_DATABASE_URL']
  connectionString ??= given === undefined || given === '' ? joinHost() : Promise.resolve(given)
  return connectionString
}

export function hostSocketPath(directory: string): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\${directory.replaceAll(/[\\/:]/g, '-')}`
  return join(directory, 'host.sock')
}

function hostDirectory(): string {
  const key = createHash('sha256').update(repository).digest('hex').slice(0, 10)
  const user = process.getuid?.() ?? 0
  const name = `billkey-test-${user}-${key}`
  const directory = join(tmpdir(), name)
  // Socket addresses are short (sun_path), temporary directories sometimes are not.
  return Buffer.byteLength(hostSocketPath(directory)) <= 100 ? directory : join('/tmp', name)
}

async function joinHost(): Promise<string> {
  const directory = hostDirectory()
  claimDirectory(directory)
  let host: ChildProcess | undefined
  for (let waitedMs = 0; waitedMs < startMaxMs; waitedMs += retryMs) {
    const answer = await askHost(hostSocketPath(directory))
    if (answer !== null) return answer
    const isRunning = host?.exitCode === null && host.signalCode === null
    // One that ends with 0 has left the field to another, which needs the processor now.
    if (host !== undefined && !isRunning && host.exitCode !== 0) break
    if (waitedMs % respawnMs === 0 && !isRunning) host = spawnHost(directory)
    await delay(retryMs)
  }
  const log = readFileSync(`${directory}.log`, 'utf8')
  throw new Error(`the test database server did not start: ${log}`)
}

// Others may write to the temporary directory too, and could have put something of theirs here.
function claimDirectory(directory: string): void {
  const isRoot = process.getuid?.() === 0
  mkdirSync(directory, { recursive: true, mode: isRoot ? 0o711 : 0o700 })
  const { uid } = statSync(directory)
  if (process.getuid !== undefined && uid !== process.getuid()) {
    throw new Error(`${directory} belongs to somebody else: remove it`)
  }
}

function spawnHost(directory: string): ChildProcess {
  const env = { ...process.env }
  // It is no test file, and its coverage is nobody's.
  for (const name of ['NODE_TEST_CONTEXT', 'NODE_V8_COVERAGE', 'NODE_OPTIONS']) delete env[name]
  const log = openSync(`${directory}.log`, 'w', 0o600)
  const stdio = ['ignore', 'ignore', log] as const
  const host = spawn(process.execPath, [hostScript, directory], {
    detached: true,
    env,
    stdio: [...stdio],
  })
  host.unref()
  return host
}

/** Null when nobody answers. The connection stays open as long as this process lives. */
function askHost(path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket: Socket = connect(path)
    const giveUp = () => resolve(null)
    socket.once('error', giveUp)
    socket.once('close', giveUp)
    // The runner starts further test files; a shell that started this file by hand does not.
    const runnerPid = process.env['NODE_TEST_CONTEXT'] === undefined ? 0 : process.ppid
    socket.once('connect', () => socket.write(`${runnerPid}\n`))
    socket.once('data', (answer) => {
      socket.unref()
      resolve(answer.toString().trim())
    })
  })
}
