// A process number alone names nobody: numbers are reused, in containers at every boot. A start token
// (boot and start time) tells a process from a later one with the same number.

import { execFile } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { promisify } from 'node:util'

const execFileAsync = promisify(execFile)

/** Null when no such process runs. A zombie does not run, whoever forgot to reap it. */
export async function processStartToken(pid: number): Promise<string | null> {
  if (process.platform === 'linux') return linuxStartToken(pid)
  if (!isSignalable(pid)) return null
  if (process.platform === 'win32') return 'running'
  return askPs(pid, 'lstart=')
}

/** The command line with its arguments joined by spaces; null when it cannot be read. */
export async function processCommandLine(pid: number): Promise<string | null> {
  if (process.platform === 'win32') return null
  if (process.platform !== 'linux') return askPs(pid, 'command=')
  try {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8')
    return text.replaceAll('\0', ' ').trim()
  } catch {
    return null
  }
}

/**
 * Processes that work in `directory`, as every PostgreSQL process does in its cluster. Linux only:
 * elsewhere nobody can be asked cheaply, and the list is empty.
 */
export async function listProcessesWorkingIn(directory: string): Promise<number[]> {
  if (process.platform !== 'linux') return []
  const found: number[] = []
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const workingDirectory = await readlink(`/proc/${entry}/cwd`).catch(() => null)
    if (workingDirectory === directory) found.push(Number(entry))
  }
  return found
}

/** Sends a signal; a process that is already gone is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function isSignalable(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function linuxStartToken(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // Fields after the command name, which may itself contain spaces and parentheses; see proc(5).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, startTime] = [fields[0], fields[19]]
    if (state === 'Z' || state === 'X' || startTime === undefined) return null
    const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
    return `${bootId.trim()} ${startTime}`
  } catch {
    return null
  }
}

async function askPs(pid: number, column: string): Promise<string | null> {
  try {
    const { stdout } = await execFileAsync('ps', ['-o', `stat=,${column}`, '-p', String(pid)])
    const [, state = 'Z', rest = ''] = /^\s*(\S+)\s+(.*)$/m.exec(stdout) ?? []
    return state.startsWith('Z') ? null : rest.trim()
  } catch {
    return null
  }
}
