// The ledger on disk: one JSON line per fact, appended with a single write(2) before any answer
// leaves. A process that is killed loses nothing, since the page cache is the system's; a machine
// that loses power may lose the last seconds, which is good enough for a simulator.

import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'

export interface LedgerFile {
  append(lines: readonly object[]): void
  close(): void
}

/** A ledger that is gone with its process. */
export const noLedgerFile: LedgerFile = { append: () => undefined, close: () => undefined }

const chunkBytes = 1 << 20

/**
 * Opens or creates the file and hands every complete line to `replay`. A torn last line (a crash in
 * the middle of a write) is cut off; damage anywhere else is an error that names the line.
 */
export function openLedgerFile(path: string, replay: (line: unknown) => void): LedgerFile {
  const descriptor = openSync(path, 'a+', 0o600)
  try {
    ftruncateSync(descriptor, replayLines(path, descriptor, replay))
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
  // After a failed write the file may end in half a line, and nothing may follow that.
  let broken = false
  return {
    append(lines) {
      if (broken) throw new Error(`ledger ${path}: an earlier write failed`)
      broken = true
      writeWhole(descriptor, Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join('')))
      broken = false
    },
    close: () => closeSync(descriptor),
  }
}

// Returns the length of the file up to and including its last complete line.
function replayLines(path: string, descriptor: number, replay: (line: unknown) => void): number {
  const chunk = Buffer.alloc(chunkBytes)
  let rest: Buffer = Buffer.alloc(0)
  let offset = 0
  let complete = 0
  let lineNumber = 0
  for (;;) {
    const read = readSync(descriptor, chunk, 0, chunkBytes, offset)
    if (read === 0) return complete
    offset += read
    const bytes = Buffer.concat([rest, chunk.subarray(0, read)])
    let start = 0
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      lineNumber += 1
      replay(parseLine(path, lineNumber, bytes.toString('utf8', start, end)))
      complete += end + 1 - start
      start = end + 1
    }
    rest = bytes.subarray(start)
  }
}

function parseLine(path: string, lineNumber: number, line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    throw new Error(`ledger ${path}: line ${lineNumber} is not JSON`, { cause: error })
  }
}

function writeWhole(descriptor: number, bytes: Buffer): void {
  let written = 0
  while (written < bytes.length) written += writeSync(descriptor, bytes, written)
}
