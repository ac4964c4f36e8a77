// A process that runs billkey commands one after another, as the launcher would run each: a test of twenty commands
// then loads the program once. Takes argument lists over IPC and answers with what was printed and the exit code.

import { main } from '../../src/main.ts'

// A command takes its secrets out of the environment; the next one is another command with the same.
const environment = { ...process.env }
let printed = { stdout: '', stderr: '' }

for (const stream of ['stdout', 'stderr'] as const) {
  process[stream].write = (chunk: string | Uint8Array) => {
    printed[stream] += String(chunk)
    return true
  }
}

process.on('message', (args: readonly string[]) => {
  void (async () => {
    printed = { stdout: '', stderr: '' }
    process.exitCode = 0
    Object.assign(process.env, environment)
    await main(args)
    process.send?.({ ...printed, code: process.exitCode })
    process.exitCode = 0
  })()
})
