// Starts the process that makes load, and hands it tasks.

import { fork } from 'node:child_process'
import { once } from 'node:events'

import { fileOf } from '../../test/support/child-program.ts'
import type { Measured, Task } from './task.ts'

export interface LoadProcess {
  readonly pid: number
  run(task: Omit<Task, 'prefix'>): Promise<Measured>
  stop(): Promise<void>
}

type Said = { readonly measured: Measured } | { readonly failure: string }

export function startLoadProcess(): LoadProcess {
  const child = fork(fileOf('bench/load/main.ts'), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  let tasks = 0
  return {
    pid: child.pid as number,
    async run(task) {
      // Two tasks of one run must not call the same thing unique; each run has a database of its own.
      const prefix = (tasks += 1).toString(36).padStart(2, '0')
      child.send({ ...task, prefix })
      const [said] = (await once(child, 'message')) as [Said]
      if ('failure' in said) throw new Error(said.failure)
      return said.measured
    },
    async stop() {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
