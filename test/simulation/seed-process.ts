// Runs the seeds it is sent, one after another, and sends back what came of each. A process of its own, so that a run
// uses every core, and so that it can be one of a tree with a deliberate fault.

import { runSeed, type SeedOptions } from './run-seed.ts'
import { openStage } from './world.ts'

const stage = await openStage()

process.on('message', (options: Pick<SeedOptions, 'seed' | 'months'>) => {
  void runSeed(stage, options).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      process.stderr.write(`seed ${options.seed}: ${(error as Error).stack}\n`)
      process.exit(1)
    },
  )
})

// Ctrl-C is for the one who sends the seeds, who says when it is over.
process.on('SIGINT', () => undefined)

process.once('disconnect', () => {
  void stage.close().finally(() => process.exit(0))
})

process.send?.('ready')
