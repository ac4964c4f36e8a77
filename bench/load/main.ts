// The process that makes load: takes one task at a time from its parent and answers what it measured.

import { runClosed, runOpen } from './models.ts'
import type { Measured, Task } from './task.ts'
import { openWork } from './works.ts'

async function carryOut({ work, model, prefix }: Task): Promise<Measured> {
  const opened = await openWork(work, model.connections, prefix)
  try {
    return model.kind === 'closed'
      ? await runClosed(opened.act, model)
      : await runOpen(opened.act, model)
  } finally {
    await opened.close()
  }
}

process.on('message', (task: Task) => {
  carryOut(task).then(
    (measured) => process.send?.({ measured }),
    (error: unknown) => process.send?.({ failure: String(error) }),
  )
})
process.on('disconnect', () => process.exit(0))
