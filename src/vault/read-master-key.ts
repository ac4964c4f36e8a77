// Where the master key's text comes from: the setting itself, a file, or the output of a command.
// Exactly one may be set. The text appears in no message, and neither does what the command printed.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'

import { StartupError } from '../primitives/startup-error.ts'

/** As the settings give them, blanks trimmed and empty ones null. */
export interface MasterKeySettings {
  /** BILLKEY_MASTER_KEY: 32 bytes in base64 or base64url. */
  readonly key: string | null
  /** BILLKEY_MASTER_KEY_FILE. */
  readonly file: string | null
  /**
   * BILLKEY_MASTER_KEY_COMMAND: given to `sh -c` as it stands, with our environment. Its standard
   * output is the key; what it writes to standard error goes to ours.
   */
  readonly command: string | null
  /** BILLKEY_MASTER_KEY_PREVIOUS: older keys, comma separated, which only unwrap. */
  readonly previous: string | null
  /** In the sandbox a missing key is made and kept in `<dataDir>/master.key`, and weak keys are let in. */
  readonly sandbox: boolean
  readonly dataDir: string
}

export interface MasterKeyText {
  readonly text: string
  /** Fit for a message: the setting's name, or the path of the sandbox's key. */
  readonly source: string
}

/** How long a key command may take. A KMS answers within a second or two; retries take longer. */
export const keyCommandTimeoutMs = 30_000
/** 44 characters and a line end are expected. */
const textBytesMax = 4_096

export async function readMasterKeyText(settings: MasterKeySettings): Promise<MasterKeyText> {
  const given = [
    { source: 'BILLKEY_MASTER_KEY', value: settings.key },
    { source: 'BILLKEY_MASTER_KEY_FILE', value: settings.file },
    { source: 'BILLKEY_MASTER_KEY_COMMAND', value: settings.command },
  ].filter(({ value }) => value !== null)
  if (given.length > 1) {
    const names = given.map(({ source }) => source).join(' and ')
    throw new StartupError('master_key_ambiguous', `${names} are set together: keep one`)
  }
  const source = given[0]?.source ?? ''
  if (settings.key !== null) return { source, text: settings.key }
  if (settings.file !== null) return { source, text: await readKeyFile(settings.file, source) }
  if (settings.command !== null) {
    return { source, text: await runKeyCommand(settings.command, keyCommandTimeoutMs) }
  }
  if (settings.sandbox) return readSandboxKey(settings.dataDir)
  throw new StartupError(
    'master_key_missing',
    "no master key: set BILLKEY_MASTER_KEY to the output of 'openssl rand -base64 32', or BILLKEY_MASTER_KEY_FILE or BILLKEY_MASTER_KEY_COMMAND",
  )
}

// The file's mode is not judged: mounted secrets are commonly 0444 inside a container.
async function readKeyFile(path: string, source: string): Promise<string> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw unreadable(source, path, error)
  }
  if (text.length <= textBytesMax) return text
  throw new StartupError('master_key_malformed', `${source}: ${path} is too long to hold a key`)
}

function unreadable(source: string, path: string, error: unknown): StartupError {
  const { code = 'unreadable' } = error as NodeJS.ErrnoException
  return new StartupError(
    'master_key_unreadable',
    `${source}: cannot use ${path} (${code}): check the path and its permissions`,
  )
}

/** Runs the operator's command and answers with its output. The whole process group ends with it. */
export async function runKeyCommand(command: string, timeoutMs: number): Promise<string> {
  const child = spawn('sh', ['-c', command], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own, so that the time limit reaches what the shell has started.
    detached: true,
  })
  let text = ''
  let ending: string | undefined
  const end = (why: string) => {
    ending ??= why
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has ended by itself in the meantime.
    }
  }
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    if (text.length > textBytesMax) end('printed far more than a key')
  })
  const timer = setTimeout(() => end(`gave no key within ${timeoutMs} ms`), timeoutMs)
  const failure = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve(`could not start (${error.code ?? 'unknown'})`),
    )
    child.once('close', (code, signal) => {
      const exit = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`
      resolve(ending ?? (code === 0 ? undefined : exit))
    })
  })
  clearTimeout(timer)
  if (failure === undefined) return text
  throw new StartupError(
    'master_key_command_failed',
    `BILLKEY_MASTER_KEY_COMMAND ${failure}: run it by hand to see why`,
  )
}

async function readSandboxKey(dataDir: string): Promise<MasterKeyText> {
  const path = join(dataDir, 'master.key')
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    if (!(await exists(path))) await makeSandboxKey(path)
    // It may have been copied with a wider mode.
    if (((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o600)
  } catch (error) {
    throw unreadable('master key of the sandbox', path, error)
  }
  return { source: path, text: await readKeyFile(path, 'master key of the sandbox') }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

// Written aside and linked into place: a crash leaves no half key, and of two starters the first wins.
async function makeSandboxKey(path: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(`${randomBytes(32).toString('base64')}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    await link(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await unlink(draft)
  }
}
