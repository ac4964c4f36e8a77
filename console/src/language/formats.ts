// How instants, days, money and shares are written. Instants are Korea's (UTC+9 all year round) and sort as text; the
// month is never spelt out, so both languages write them alike.

import type { Language } from './words.ts'
import { useLanguage } from './language.tsx'

const koreaOffsetMs = 9 * 60 * 60 * 1000
export const dayMs = 24 * 60 * 60 * 1000

export interface Formats {
  /** `₩12,300` or `12,300원`. */
  readonly won: (amountWon: number) => string
  /** For axes: `₩1.2M`, `120만`. */
  readonly shortWon: (amountWon: number) => string
  readonly count: (count: number) => string
  /** 0.987 as `98.7%`. */
  readonly share: (share: number) => string
}

const locales: Readonly<Record<Language, string>> = { en: 'en-US', ko: 'ko-KR' }

function formatsOf(language: Language): Formats {
  const whole = new Intl.NumberFormat(locales[language])
  const short = new Intl.NumberFormat(locales[language], {
    notation: 'compact',
    maximumFractionDigits: 1,
  })
  const share = new Intl.NumberFormat(locales[language], {
    style: 'percent',
    maximumFractionDigits: 1,
  })
  const isKorean = language === 'ko'
  return {
    won: (amountWon) => (isKorean ? `${whole.format(amountWon)}원` : signed(amountWon, whole)),
    shortWon: (amountWon) => (isKorean ? short.format(amountWon) : signed(amountWon, short)),
    count: (count) => whole.format(count),
    share: (value) => share.format(value),
  }
}

function signed(amountWon: number, format: Intl.NumberFormat): string {
  return `${amountWon < 0 ? '-' : ''}₩${format.format(Math.abs(amountWon))}`
}

const formats: Readonly<Record<Language, Formats>> = { en: formatsOf('en'), ko: formatsOf('ko') }

export function useFormats(): Formats {
  return formats[useLanguage().language]
}

/** `2026-11-28 22:15`, in Korea; where it stands alone, `KST` is written behind it. */
export function koreanMinute(instant: string): string {
  return koreanText(instant).slice(0, 16).replace('T', ' ')
}

/** `2026-11-28 22:15:03`. */
export function koreanSecond(instant: string): string {
  return koreanText(instant).slice(0, 19).replace('T', ' ')
}

/** `22:15:03.120`. */
export function koreanTimeOfDay(instant: string): string {
  return koreanText(instant).slice(11, 23)
}

/** The day in Korea: `2026-11-28`. */
export function koreanDay(instant: string): string {
  return koreanText(instant).slice(0, 10)
}

function koreanText(instant: string): string {
  return new Date(Date.parse(instant) + koreaOffsetMs).toISOString()
}

/** The instant at which a day begins in Korea. */
export function startOfKoreanDay(day: string): string {
  return instantInKorea(`${day}T00:00:00.000`)
}

/** `2026-11-28T22:15` or with seconds, as a clock in Korea shows it. */
export function instantInKorea(localText: string): string {
  const padded = localText.length === 16 ? `${localText}:00` : localText
  return new Date(`${padded.replace(' ', 'T')}+09:00`).toISOString()
}

/** `2026-11-28` moved by days. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10)
}
