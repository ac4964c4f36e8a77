// Identifiers that repeat for a seed, so that a sandbox run can be run again and compared. Never for real money:
// whoever knows the seed knows the tokens.

import { createHash } from 'node:crypto'

import type { IdSource } from './ids.ts'

/** The same seed and the same order of calls give the same identifiers. */
export function seededIds(seed: string): IdSource {
  let counter = 0

  /** `length` hex characters of a SHA-256 stream. */
  function hex(length: number): string {
    let text = ''
    while (text.length < length) {
      text += createHash('sha256').update(`${seed}\n${counter}`).digest('hex')
      counter += 1
    }
    return text.slice(0, length)
  }

  // 13 hex characters are 52 bits, which a number holds exactly; their bias modulo ten is beyond notice.
  function digits(length: number): string {
    let text = ''
    while (text.length < length) text += String(Number.parseInt(hex(13), 16) % 10)
    return text
  }

  return {
    impUid: () => `imps_${digits(12)}`,
    hex,
    digits,
    // A version 7 UUID whose time part counts up: rows made one after another still lie one after another.
    uuid() {
      const time = (counter + 1).toString(16).padStart(12, '0')
      const rest = hex(18)
      return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-a${rest.slice(3, 6)}-${rest.slice(6, 18)}`
    },
  }
}
