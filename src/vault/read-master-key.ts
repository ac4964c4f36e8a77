// Where the master key's text comes from: the setting, or the file that a sandbox keeps. The text appears in no message.

import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'

import { Secret } from '../primitives/secret.ts'
import { StartupError } from '../primitives/startup-error.ts'

/** As the settings give them. */
export interface MasterKeySettings {
  /** BILLKEY_MASTER_KEY: 32 bytes in base64 or base64url. */
  readonly key: Secret | null
  /** BILLKEY_MASTER_KEY_PREVIOUS: older keys, comma separated, which only unwrap. */
  readonly previous: Secret | null
  /** In the sandbox a missing key is made and kept in `<dataDir>/master.key`, and weak keys are let in. */
  readonly sandbox: boolean
  readonly dataDir: string
}

export interface MasterKeyText {
  readonly text: Secret
  /** Fit for a message: the setting's name, or the path of the sandbox's key. */
  readonly source: string
}

/** 44 characters and a line end are expected. */
const textBytesMax = 4_096

export async function readMasterKeyText(settings: MasterKeySettings): Promise<MasterKeyText> {
  if (settings.key !== null) return { source: 'BILLKEY_MASTER_KEY', text: settings.key }
  if (settings.sandbox) return readSandboxKey(settings.dataDir)
  throw new StartupError(
    'master_key_missing',
    "no master key: set BILLKEY_MASTER_KEY to the output of 'openssl rand -base64 32', or BILLKEY_MASTER_KEY_FILE or BILLKEY_MASTER_KEY_COMMAND",
  )
}

function unreadable(path: string, error: unknown): StartupError {
  const { code = 'unreadable' } = error as NodeJS.ErrnoException
  return new StartupError(
    'master_key_unreadable',
    `master key of the sandbox: cannot use ${path} (${code}): check the path and its permissions`,
  )
}

async function readSandboxKey(dataDir: string): Promise<MasterKeyText> {
  const path = join(dataDir, 'master.key')
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    if (!(await exists(path))) await makeSandboxKey(path)
    // It may have been copied with a wider mode.
    if (((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o600)
    if ((await stat(path)).size <= textBytesMax) {
      return { source: path, text: new Secret(await readFile(path, 'utf8')) }
    }
  } catch (error) {
    throw unreadable(path, error)
  }
  throw new StartupError('master_key_malformed', `${path} is too long to hold a key`)
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
