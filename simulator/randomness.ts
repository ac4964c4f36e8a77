// Every random choice comes from one seeded stream, so that a seed reproduces a run. Nothing here is
// fit for secrets: a simulator has none to keep.

export interface Randomness {
  /** Uniform in [0, 1). */
  unit(): number
  hex(length: number): string
  digits(length: number): string
  /** Upper-case letters and digits. */
  alphanumerics(length: number): string
}

const hexAlphabet = '0123456789abcdef'
const alphanumericAlphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'

export function seededRandomness(seed: number): Randomness {
  const unit = mulberry32(seed)
  const draw = (alphabet: string, length: number): string => {
    let text = ''
    for (let at = 0; at < length; at += 1) {
      text += alphabet.charAt(Math.floor(unit() * alphabet.length))
    }
    return text
  }
  return {
    unit,
    hex: (length) => draw(hexAlphabet, length),
    digits: (length) => draw('0123456789', length),
    alphanumerics: (length) => draw(alphanumericAlphabet, length),
  }
}

// Mulberry32 by Tommy Ettinger (public domain): 32 bits of state, full period.
function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

// The 99th percentile of the standard normal distribution.
const z99 = 2.3263478740408408

/** One draw from the log-normal distribution with the given median and 99th percentile, milliseconds. */
export function logNormalMs(random: Randomness, p50Ms: number, p99Ms: number): number {
  if (p50Ms <= 0) return 0
  const sigma = Math.max(0, Math.log(p99Ms / p50Ms) / z99)
  // Box–Muller; 1 - unit() keeps the logarithm away from zero.
  const radius = Math.sqrt(-2 * Math.log(1 - random.unit()))
  const normal = radius * Math.cos(2 * Math.PI * random.unit())
  return p50Ms * Math.exp(sigma * normal)
}
