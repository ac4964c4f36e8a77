// Instalment rules as text and back, spelled as in `billkey channel`: `2-12`, `2-3, 6`, `none` for a lump sum only, and
// a line for each company with months of its own. Nothing at all is the usual: every number of months that the wire
// can say.

import type { Instalments, InstalmentsWanted } from './channel-queries.ts'

/** What the wire can say. */
const monthsMin = 2
const monthsMax = 12

export function monthsToText(months: readonly number[]): string {
  if (months.length === 0) return 'none'
  const ranges: [number, number][] = []
  for (const month of months) {
    const last = ranges.at(-1)
    if (last?.[1] === month - 1) last[1] = month
    else ranges.push([month, month])
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ')
}

export type MonthsReading =
  | { readonly kind: 'usual' }
  | { readonly kind: 'months'; readonly months: number[] }
  | { readonly kind: 'malformed' }

export function readMonths(text: string): MonthsReading {
  const said = text.trim().toLowerCase()
  if (said === '') return { kind: 'usual' }
  if (said === 'none') return { kind: 'months', months: [] }
  const months = new Set<number>()
  for (const part of said.split(',')) {
    const [, first, last = first] = /^(\d{1,2})(?:\s*-\s*(\d{1,2}))?$/.exec(part.trim()) ?? []
    const [from, to] = [Number(first), Number(last)]
    if (!(from >= monthsMin && from <= to && to <= monthsMax)) return { kind: 'malformed' }
    for (let month = from; month <= to; month += 1) months.add(month)
  }
  return { kind: 'months', months: [...months].toSorted((one, other) => one - other) }
}

export function companiesToText(companies: Instalments['byCompany']): string {
  return companies.map(({ cardCode, months }) => `${cardCode}: ${monthsToText(months)}`).join('\n')
}

/** Null: a line is none of that form. */
export function readCompanies(text: string): Instalments['byCompany'] | null {
  const companies: Instalments['byCompany'] = []
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const [cardCode = '', said = ''] = line.split(':', 2).map((part) => part.trim())
    const reading = readMonths(said)
    const isTwice = companies.some((one) => one.cardCode === cardCode.toUpperCase())
    if (!/^[0-9A-Za-z]{3}$/.test(cardCode) || isTwice || reading.kind !== 'months') return null
    companies.push({ cardCode: cardCode.toUpperCase(), months: reading.months })
  }
  return companies
}

/** Null: what was entered is no rule. */
export function readInstalments(
  monthsText: string,
  companiesText: string,
): InstalmentsWanted | null {
  const others = readMonths(monthsText)
  const byCompany = readCompanies(companiesText)
  if (others.kind === 'malformed' || byCompany === null) return null
  return { others: others.kind === 'usual' ? null : others.months, byCompany }
}
