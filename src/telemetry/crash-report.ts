// What nobody caught ends the process, as it would without us; only what is said of it is ours. Node prints the line
// of source and every property of the error, and a diagnostic report: that is where values leak.

import { writeSync } from 'node:fs'

import { errorText } from './describe-error.ts'
import { scrubCrash } from './scrub-text.ts'

let isWatching = false

/** From now on an exception or a rejection that nobody caught leaves its stack on standard error and nothing else. */
export function reportCrashes(): void {
  if (isWatching) return
  isWatching = true
  process.on('uncaughtException', (error: unknown, origin) => {
    const what = origin === 'unhandledRejection' ? 'a rejection' : 'an exception'
    try {
      writeSync(2, `billkey: ended by ${what} nobody caught: ${scrubCrash(errorText(error))}\n`)
    } finally {
      process.exit(1)
    }
  })
}
