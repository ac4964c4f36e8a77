// A tidy rule collects every breach before it fails, so that one run names all there is to mend.

import assert from 'node:assert/strict'

/** Fails with the list, and with what to do about it. */
export function expectNone(faults: readonly string[], advice: string): void {
  const list = faults.map((fault) => `  ${fault}`).join('\n')
  assert.ok(faults.length === 0, `${advice}\n${list}`)
}
