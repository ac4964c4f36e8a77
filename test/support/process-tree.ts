// Which live processes belong to a sandbox, whoever their parent is by now: an orphan has none that tells.

import { execFile } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { promisify } from 'node:util'

import { processStartToken } from '../../src/db/process-identity.ts'

const execFileAsync = promisify(execFile)

/**
 * Processes that name `directory` in their arguments or their BILLKEY_DATA_DIR, or work in it, as every process
 * of PostgreSQL does in its cluster.
 */
export async function listProcessesOf(directory: string): Promise<number[]> {
  if (process.platform !== 'linux') return listByArguments(directory)
  const found: number[] = []
  for (const entry of await readdir('/proc')) {
    const pid = Number(entry)
    if (!Number.isSafeInteger(pid) || pid === process.pid) continue
    if ((await belongsTo(entry, directory)) && (await processStartToken(pid)) !== null) {
      found.push(pid)
    }
  }
  return found
}

async function belongsTo(entry: string, directory: string): Promise<boolean> {
  const read = (file: string) => readFile(`/proc/${entry}/${file}`, 'utf8').catch(() => '')
  if ((await read('cmdline')).includes(directory)) return true
  if ((await read('environ')).includes(`BILLKEY_DATA_DIR=${directory}`)) return true
  const workingDirectory = await readlink(`/proc/${entry}/cwd`).catch(() => '')
  return workingDirectory.startsWith(directory)
}

// Elsewhere only the arguments can be asked for cheaply: PostgreSQL and the simulator have the directory there.
async function listByArguments(directory: string): Promise<number[]> {
  const { stdout } = await execFileAsync('ps', ['-A', '-o', 'pid=,args='])
  const lines = stdout.split('\n').filter((line) => line.includes(directory))
  return lines.map((line) => Number.parseInt(line, 10)).filter((pid) => pid !== process.pid)
}
