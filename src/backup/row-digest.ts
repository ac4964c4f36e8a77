// A number for all rows of a table, whatever their order: the SHA-256 of each row as COPY writes it, combined by
// exclusive or. Rows differ by their key, so none cancels another out. What it guards against is loss and damage on the
// way; that nobody altered the file is what its seal shows.

import { hash } from 'node:crypto'

export interface RowDigest {
  /** Any piece of COPY's text: one line a row, line ends within values escaped. */
  update(chunk: Buffer): void
  readonly rows: number
  hex(): string
}

const newline = 0x0a

export function createRowDigest(): RowDigest {
  const state = Buffer.alloc(32)
  let rows = 0
  let unfinished: Buffer[] = []

  function addRow(row: Buffer): void {
    const digest = hash('sha256', row, 'buffer')
    // oxlint-disable-next-line no-bitwise -- exclusive or is the point
    for (let at = 0; at < 32; at += 1) state[at] = (state[at] as number) ^ (digest[at] as number)
    rows += 1
  }

  return {
    update(chunk) {
      let from = 0
      for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
        const row = chunk.subarray(from, end)
        addRow(unfinished.length === 0 ? row : Buffer.concat([...unfinished, row]))
        unfinished = []
        from = end + 1
      }
      if (from < chunk.length) unfinished.push(Buffer.from(chunk.subarray(from)))
    },
    get rows() {
      return rows
    },
    hex: () => state.toString('hex'),
  }
}
