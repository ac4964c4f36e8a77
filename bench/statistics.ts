// Medians, spreads and quantiles. Rounds are few and a machine's hiccups are large, so nothing here is a mean.

/** Linear between neighbours; 0 of nothing. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return 0
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)] ?? 0
  const above = sorted[Math.ceil(place)] ?? below
  return below + (above - below) * (place - Math.floor(place))
}

const quantileSteps = 200

/** At 0, 0.5, 1 … 100 %. */
export function quantiles(sorted: ArrayLike<number>): number[] {
  return Array.from({ length: quantileSteps + 1 }, (_, step) =>
    quantile(sorted, step / quantileSteps),
  )
}

/** Out of what `quantiles` gave. */
export function percentileOf(quantilesMs: readonly number[], percent: number): number {
  return quantilesMs[Math.round((percent / 100) * quantileSteps)] ?? 0
}

export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  return { median: quantile(sorted, 0.5), least: sorted[0] ?? 0, most: sorted.at(-1) ?? 0 }
}

/** Round by round, so that what slows a whole round down slows both sides. */
export function ratiosOf(values: readonly number[], by: readonly number[]): Spread {
  return spreadOf(values.map((value, round) => value / (by[round] ?? Number.NaN)))
}
