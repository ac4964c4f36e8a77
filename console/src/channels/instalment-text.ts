// Instalment rules as text and back: months with commas, and a line for each company with months of its own.

import type { Instalments } from './channel-queries.ts'

export function monthsToText(months: readonly number[]): string {
  return months.join(', ')
}

/** Null: this is no list of months. */
export function monthsOf(text: string): number[] | null {
  const parts = text.split(',').map((part) => part.trim())
  const months = parts.filter((part) => part !== '').map(Number)
  const isFine = months.every((month) => Number.isInteger(month) && month >= 2 && month <= 60)
  return isFine ? [...new Set(months)].toSorted((one, other) => one - other) : null
}

export function companiesToText(companies: Instalments['byCompany']): string {
  return companies.map(({ cardCode, months }) => `${cardCode}: ${monthsToText(months)}`).join('\n')
}

/** Null: a line is none of that form. */
export function companiesOf(text: string): Instalments['byCompany'] | null {
  const companies: Instalments['byCompany'] = []
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const [cardCode = '', monthsText] = line.split(':', 2).map((part) => part.trim())
    const months = monthsText === undefined ? null : monthsOf(monthsText)
    if (!/^\w{2}$/.test(cardCode) || months === null) return null
    companies.push({ cardCode, months })
  }
  return companies
}
