// What happened in a run, line by line. The same seed gives the same lines, so their hash tells whether two runs were one.

import { createHash } from 'node:crypto'

export interface History {
  readonly lines: number
  note(line: string): void
  digest(): string
  /** The last lines, for whoever has to find out what led to a finding. */
  tail(): readonly string[]
}

const keptLines = 4_000

export function createHistory(nowMs: () => number, onLine?: (line: string) => void): History {
  const hash = createHash('sha256')
  let kept: string[] = []
  let lines = 0
  return {
    get lines() {
      return lines
    },
    note(text) {
      const line = `${new Date(nowMs()).toISOString()} ${text}`
      lines += 1
      hash.update(`${line}\n`)
      onLine?.(`${lines} ${line}`)
      kept.push(`${lines} ${line}`)
      if (kept.length > 2 * keptLines) kept = kept.slice(-keptLines)
    },
    digest: () => hash.copy().digest('hex').slice(0, 16),
    tail: () => kept.slice(-keptLines),
  }
}
