// The wire's clock is Korean Standard Time: UTC+9, without daylight saving.

const kstOffsetMs = 9 * 60 * 60 * 1000

/** `yyyyMMddHHmmss` in KST, as AUTHDATE, CANCELDATE and GENDATE carry it. */
export function kstStamp(instantMs: number): string {
  return new Date(instantMs + kstOffsetMs).toISOString().replace(/[-T:]/g, '').slice(0, 14)
}

/** `yyyyMM` in KST, comparable as text with EXPIREDT. */
export function kstMonth(instantMs: number): string {
  return kstStamp(instantMs).slice(0, 6)
}
