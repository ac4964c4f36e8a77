// A process that runs billkey commands one after another, as the launcher would run each: a test of twenty commands
// then loads the program once. Takes argument lists over IPC and answers with what was printed and the exit code.

import { main } from '../../src/main.ts'

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
    await main(args)
    process.send?.({ ...printed, code: process.exitCode })
    process.exitCode = 0
  })()
})
