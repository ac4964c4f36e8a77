// A secret setting NAME may be given as NAME, as NAME_FILE (a file that holds it) or as NAME_COMMAND (a program that
// prints it); one of the three, never two. What was taken leaves the environment, so that no program we start inherits
// it. The text appears in no message, and neither does what the program printed.

import { spawn } from 'node:child_process'
import { open } from 'node:fs/promises'

import { StartupError } from './primitives/startup-error.ts'

export interface TakenSecrets {
  /** The environment with every secret under its plain name. */
  readonly environment: NodeJS.ProcessEnv
  /** For the operator; none of them stops the start. */
  readonly warnings: readonly string[]
}

/** How long a command may take. A KMS answers within a second or two; retries take longer. */
export const secretCommandTimeoutMs = 30_000
/** Some previous master keys, or a long connection string, and a line end. */
const textBytesMax = 16 * 1024

/** The names that belong to a secret setting. */
export function secretVariants(name: string): readonly string[] {
  return [name, `${name}_FILE`, `${name}_COMMAND`]
}

/**
 * Reads the secrets called `names` and removes them from `environment`. Throws `StartupError`: `secret_ambiguous`,
 * `secret_unreadable`, `secret_command_failed`.
 */
export async function takeSecrets(
  environment: NodeJS.ProcessEnv,
  names: readonly string[],
): Promise<TakenSecrets> {
  const given = names.map((name) => givenOf(environment, name))
  for (const variant of names.flatMap(secretVariants)) delete environment[variant]
  const warnings: string[] = []
  const texts: Record<string, string> = {}
  for (const secret of given) {
    if (secret === undefined) continue
    const text = await textOf(secret, environment, warnings)
    if (text === '') throw unreadable(`${secret.variant} gives nothing`)
    texts[secret.name] = text
  }
  return { environment: { ...environment, ...texts }, warnings }
}

interface GivenSecret {
  readonly name: string
  readonly variant: string
  readonly value: string
}

function givenOf(environment: NodeJS.ProcessEnv, name: string): GivenSecret | undefined {
  const given = secretVariants(name).flatMap((variant) => {
    const value = environment[variant]?.trim() ?? ''
    return value === '' ? [] : [{ name, variant, value }]
  })
  if (given.length > 1) {
    const variants = given.map(({ variant }) => variant).join(' and ')
    throw new StartupError('secret_ambiguous', `${variants} are set together: keep one`)
  }
  return given[0]
}

async function textOf(
  { name, variant, value }: GivenSecret,
  environment: NodeJS.ProcessEnv,
  warnings: string[],
): Promise<string> {
  if (variant === name) return value
  if (variant.endsWith('_FILE')) return (await readSecretFile(value, variant, warnings)).trim()
  const limits = { timeoutMs: secretCommandTimeoutMs, environment }
  return (await runSecretCommand(value, variant, limits)).trim()
}

async function readSecretFile(path: string, variant: string, warnings: string[]): Promise<string> {
  try {
    const file = await open(path, 'r')
    try {
      const { mode, size } = await file.stat()
      if (size > textBytesMax) throw unreadable(`${variant}: ${path} is too long to hold a secret`)
      // Not refused: secrets mounted into a container are commonly 0444.
      if (process.platform !== 'win32' && (mode & 0o004) !== 0) {
        warnings.push(`${variant}: every user of this machine may read ${path}: chmod o-r it`)
      }
      return await file.readFile('utf8')
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof StartupError) throw error
    const { code = 'unreadable' } = error as NodeJS.ErrnoException
    throw unreadable(`${variant}: cannot use ${path} (${code}): check the path and its permissions`)
  }
}

function unreadable(message: string): StartupError {
  return new StartupError('secret_unreadable', message)
}

/**
 * Runs the operator's program, without a shell, and answers with what it printed. What it writes to standard error
 * goes to ours. The whole process group ends with it.
 */
export async function runSecretCommand(
  command: string,
  variant: string,
  limits: { readonly timeoutMs: number; readonly environment: NodeJS.ProcessEnv },
): Promise<string> {
  const failed = (why: string) =>
    new StartupError('secret_command_failed', `${variant} ${why}: run it by hand to see why`)
  const [program, ...args] = wordsOf(command, variant)
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: limits.environment,
    // A group of its own, so that the time limit reaches what the program has started.
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
    if (text.length > textBytesMax) end('printed far more than a secret')
  })
  const timer = setTimeout(
    () => end(`gave nothing within ${limits.timeoutMs} ms`),
    limits.timeoutMs,
  )
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
  throw failed(failure)
}

/** Words are parted by blanks; quotes of either kind hold one together, and nothing else has a meaning. */
function wordsOf(command: string, variant: string): [string, ...string[]] {
  const word = /(?:[^\s'"]|'[^']*'|"[^"]*")+/g
  const isWhole = command.replaceAll(word, '').trim() === ''
  const words = (command.match(word) ?? []).map((text) =>
    text.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'),
  )
  // Outside of quotes these are a shell's: whoever writes one expects what does not happen here.
  const isForShell = /[|&;<>`$]/.test(command.replaceAll(/'[^']*'|"[^"]*"/g, ''))
  if (isForShell || !isWhole || words[0] === '') {
    throw new StartupError(
      'secret_command_failed',
      `${variant} is run without a shell: close its quotes, or name the shell yourself: sh -c '…'`,
    )
  }
  return words as [string, ...string[]]
}
