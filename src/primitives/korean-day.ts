// Days as the gateway counts them: in Korea, which is UTC+9 all year.

const koreaOffsetMs = 9 * 3_600_000
const dayMs = 24 * 3_600_000

/** The day of an instant, `yyyymmdd`. */
export function koreanDay(instantMs: number): string {
  return new Date(instantMs + koreaOffsetMs).toISOString().slice(0, 10).replaceAll('-', '')
}

/** The instant at which a day begins, and the one at which the next does. */
export function boundsOfKoreanDay(day: string): { readonly fromMs: number; readonly toMs: number } {
  const fromMs =
    Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6, 8)}T00:00:00Z`) - koreaOffsetMs
  return { fromMs, toMs: fromMs + dayMs }
}

/** True for a day of the calendar, `yyyymmdd`. */
export function isKoreanDay(text: string): boolean {
  if (!/^\d{8}$/.test(text)) return false
  const { fromMs } = boundsOfKoreanDay(text)
  return !Number.isNaN(fromMs) && koreanDay(fromMs) === text
}
