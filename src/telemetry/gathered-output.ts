// Standard output for the log. Lines that come close together go out in one write: a busy server writes once for all the
// requests it worked at meanwhile. What is left goes out when the process ends, by an error too; only SIGKILL loses the
// lines of the last few milliseconds, whose facts are in the books.

import { pino, type DestinationStream } from 'pino'

/** A reader of the log does not see the difference. */
const gatherMs = 10
/** Beyond this many characters, lines wait no longer. */
const gatheredMax = 12_288

let opened: DestinationStream | undefined

/** One for the process, however many loggers there are. */
export function gatheredOutput(): DestinationStream {
  opened ??= open()
  return opened
}

function open(): DestinationStream {
  const output = pino.destination({ fd: 1, sync: true })
  let lines = ''
  let isDue = false
  const flush = () => {
    const gathered = lines
    lines = ''
    if (gathered !== '') output.write(gathered)
  }
  const flushInTime = () => {
    isDue = false
    flush()
  }
  process.on('exit', () => {
    flush()
    output.flushSync()
  })
  return {
    write(line) {
      lines += line
      if (lines.length > gatheredMax) return flush()
      if (isDue) return
      isDue = true
      setTimeout(flushInTime, gatherMs)
    },
  }
}
