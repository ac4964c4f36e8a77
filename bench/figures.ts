// What a row of the benchmark comes to: figures, each measured once per round, and what they should be.

import { ratiosOf, type Spread, spreadOf } from './statistics.ts'

export interface Target {
  readonly kind: 'at least' | 'at most'
  readonly value: number
  /** Better than the target: what is aimed at. */
  readonly goal?: number
}

export interface Figure {
  readonly what: string
  /** `×` for ratios. */
  readonly unit: '/s' | 'ms' | '×' | 'MB' | 's' | '%' | 'bytes' | ''
  readonly spread: Spread
  readonly target?: Target
}

/** A line of a chart: what was seen over the seconds of one run. */
export interface Series {
  readonly what: string
  readonly unit: string
  readonly points: readonly (readonly [second: number, value: number])[]
}

export interface RowResult {
  readonly name: string
  readonly title: string
  readonly rounds: number
  readonly seconds: number
  readonly at: string
  readonly figures: readonly Figure[]
  readonly series: readonly Series[]
  readonly notes: readonly string[]
  /** Anything that went wrong; with any of it the row proves nothing. */
  readonly errors: readonly string[]
  readonly rig: Readonly<Record<string, string>>
}

export type RowOutcome = Pick<RowResult, 'figures' | 'notes' | 'errors'> &
  Partial<Pick<RowResult, 'series'>> & {
    /** Texts to be kept beside the figures, by the file's name in the folder of results. */
    readonly texts?: Readonly<Record<string, string>>
  }

export function figure(
  what: string,
  unit: Figure['unit'],
  values: readonly number[],
  target?: Target,
): Figure {
  return { what, unit, spread: spreadOf(values), ...(target && { target }) }
}

/** Round by round. */
export function ratio(
  what: string,
  values: readonly number[],
  by: readonly number[],
  target?: Target,
): Figure {
  return { what, unit: '×', spread: ratiosOf(values, by), ...(target && { target }) }
}

export function isMet({ spread, target }: Figure): boolean | null {
  if (target === undefined) return null
  return target.kind === 'at least' ? spread.median >= target.value : spread.median <= target.value
}
