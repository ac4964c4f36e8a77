// A sandbox builds the console once it is up when there is none yet, or one that is older than its sources. The
// pages say so until it is there; a machine without the development packages is told in the log.

import { spawn } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { Logger } from 'pino'

import { consoleFolder } from '../compose/console.ts'

export interface ConsoleBuild {
  readonly isRunning: () => boolean
  /** Ends a build that is under way, and waits for its end. */
  stop(): Promise<void>
}

const builder = fileURLToPath(new URL('../../tools/build-console.ts', import.meta.url))

/** Begins a build where one is needed. */
export async function buildConsoleWhenStale(log: Logger): Promise<ConsoleBuild> {
  if (!(await isStale())) return { isRunning: () => false, stop: async () => undefined }
  const child = spawn(process.execPath, [builder], { stdio: ['ignore', 'pipe', 'pipe'] })
  let isRunning = true
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4_000)
    })
  }
  // Whoever tries the API meanwhile must not wait for it.
  child.once('spawn', () => lowerPriority(child.pid))
  const ended = new Promise<void>((resolve) => {
    const end = (fields: object) => {
      isRunning = false
      if ('code' in fields && fields.code === 0) log.info('the console was built')
      else log.warn({ ...fields, said }, 'the console was not built: npm run build:console')
      resolve()
    }
    child.once('error', (error) => end({ err: error }))
    child.once('exit', (code, signal) => end({ code, signal }))
  })
  return {
    isRunning: () => isRunning,
    async stop() {
      if (isRunning) child.kill()
      await ended
    },
  }
}

function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, 10)
  } catch {
    // It may have ended already.
  }
}

/** True where no build is, or a source or the list of packages is newer. */
async function isStale(): Promise<boolean> {
  const builtMs = await changedAtMs(join(consoleFolder, 'dist/index.html'))
  if (builtMs === undefined) return true
  const names = await readdir(consoleFolder, { recursive: true })
  const sources = names.filter((name) => !/^dist(?:[\\/]|$)/.test(name))
  const files = [builder, join(consoleFolder, '../package-lock.json')]
  for (const file of [...files, ...sources.map((name) => join(consoleFolder, name))]) {
    if (((await changedAtMs(file)) ?? 0) > builtMs) return true
  }
  return false
}

async function changedAtMs(file: string): Promise<number | undefined> {
  try {
    const found = await stat(file)
    return found.isFile() ? found.mtimeMs : 0
  } catch {
    return undefined
  }
}
