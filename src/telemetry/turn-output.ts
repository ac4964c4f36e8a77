// Standard output for the log. The lines of one turn of the event loop go out in one write: a busy server writes once for
// all the requests it worked at. Nothing waits longer than that, and what is left goes out when the process ends, by an
// error too; only SIGKILL in the middle of a turn loses the turn's lines, whose facts are in the books.

import { pino, type DestinationStream } from 'pino'

/** Beyond this a turn's lines do not wait for its end. */
const turnBytesMax = 8_192

let opened: DestinationStream | undefined

/** One for the process, however many loggers there are. */
export function turnOutput(): DestinationStream {
  opened ??= open()
  return opened
}

function open(): DestinationStream {
  const output = pino.destination({ fd: 1, sync: true, minLength: turnBytesMax })
  let isDue = false
  const flush = () => {
    isDue = false
    output.flush()
  }
  process.on('exit', () => output.flushSync())
  return {
    write(line) {
      output.write(line)
      if (isDue) return
      isDue = true
      setImmediate(flush)
    },
  }
}
