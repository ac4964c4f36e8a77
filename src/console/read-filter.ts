// What filters of several lists have in common, from the words of the API to those of the stores.

import type { Period } from '../db/walk-rows.ts'
import { readInstant } from './console-error.ts'

export function periodOf(input: {
  readonly from?: string | undefined
  readonly to?: string | undefined
}): Period {
  return {
    fromMs: input.from === undefined ? null : readInstant('from', input.from),
    toMs: input.to === undefined ? null : readInstant('to', input.to),
  }
}

/** Null: of both modes. */
export function sandboxOf(mode: 'sandbox' | 'live' | undefined): boolean | null {
  return mode === undefined ? null : mode === 'sandbox'
}
