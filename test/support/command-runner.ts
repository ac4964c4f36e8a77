// Runs billkey commands for a test, in a process of their own with an environment of their own.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface CommandEnd {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandRunner {
  /** One at a time. */
  run(...args: readonly string[]): Promise<CommandEnd>
  close(): Promise<void>
}

export function startCommandRunner(environment: Readonly<Record<string, string>>): CommandRunner {
  const program = fileURLToPath(new URL('commands-under-test.ts', import.meta.url))
  const child = fork(program, { env: { ...process.env, ...environment } })
  const exited = once(child, 'exit')
  return {
    async run(...args) {
      child.send(args)
      const end = await Promise.race([once(child, 'message'), exited])
      if (child.exitCode !== null) throw new Error(`'billkey ${args.join(' ')}' ended its process`)
      return end[0] as CommandEnd
    },
    async close() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
