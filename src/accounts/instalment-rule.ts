// In how many months a card may pay on a channel. A contract allows its own months to the cards of each company;
// where the company of a card is not known yet, what any of them may do is let through and the gateway judges.

/** QUOTA of the wire takes 2 to 12 (approval manual V2.1); fewer are a lump sum. */
const monthsMin = 2
const monthsMax = 12

export interface InstalmentRule {
  /** What cards of companies that are not named may pay in, ascending. */
  readonly others: readonly number[]
  /** By KFTC standard code, which is V1's card_code. */
  readonly byCompany: Readonly<Record<string, readonly number[]>>
}

/** What is known of a card. Both null: nothing yet; a name without a code: its company has none. */
export interface CardCompany {
  readonly cardCode: string | null
  readonly cardName: string | null
}

/** Everything that the wire can say; what a channel takes of which nothing was said. */
export const anyInstalments: InstalmentRule = {
  others: range(monthsMin, monthsMax),
  byCompany: {},
}

export type InstalmentReading =
  | { readonly kind: 'rule'; readonly rule: InstalmentRule }
  | { readonly kind: 'malformed'; readonly message: string }

/**
 * Reads `2-12`, `none`, `2-3,6` for all cards alike, or `361:2-6,366:2-12,*:none` by card company, where `*` is all
 * that are not named and must be there. A part without a colon belongs to the company before it.
 */
export function readInstalments(text: string): InstalmentReading {
  const said = new Map<string, string[]>()
  let ofCompany: string[] | undefined
  for (const part of text.split(',')) {
    const [, company, months = ''] = /^(?:([^:]*):)?(.*)$/.exec(part) ?? []
    if (company !== undefined || ofCompany === undefined) {
      const name = (company ?? '*').trim()
      if (!/^(?:\*|[0-9A-Z]{3})$/.test(name)) {
        return malformed(`'${name}' is no card company: three characters, as GET /cards lists them`)
      }
      if (said.has(name)) return malformed(`card company ${name} is named twice`)
      ofCompany = []
      said.set(name, ofCompany)
    }
    ofCompany.push(months.trim())
  }
  return ruleOf(said)
}

function ruleOf(said: ReadonlyMap<string, readonly string[]>): InstalmentReading {
  const byCompany: Record<string, readonly number[]> = {}
  let others: readonly number[] | undefined
  for (const [company, pieces] of said) {
    const months = monthsOf(pieces)
    if (typeof months === 'string') return malformed(months)
    if (company === '*') others = months
    else byCompany[company] = months
  }
  if (others === undefined) {
    return malformed("say what the other card companies take, as in '*:2-12'")
  }
  return { kind: 'rule', rule: { others, byCompany } }
}

/** The months, or what is wrong with them. */
function monthsOf(pieces: readonly string[]): readonly number[] | string {
  if (pieces.length === 1 && pieces[0] === 'none') return []
  const months = new Set<number>()
  for (const piece of pieces) {
    const [, first, last = first] = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(piece) ?? []
    const [from, to] = [Number(first), Number(last)]
    if (!(from >= monthsMin && from <= to && to <= monthsMax)) {
      return `'${piece}' are no months: ${monthsMin}-${monthsMax}, a part of it, one month, or none alone`
    }
    for (const month of range(from, to)) months.add(month)
  }
  return ascending(months)
}

/** As `readInstalments` reads it. */
export function showInstalments({ others, byCompany }: InstalmentRule): string {
  const companies = Object.entries(byCompany).sort(([a], [b]) => (a < b ? -1 : 1))
  if (companies.length === 0) return showMonths(others)
  return [...companies, ['*', others] as const]
    .map(([company, months]) => `${company}:${showMonths(months)}`)
    .join(',')
}

function showMonths(months: readonly number[]): string {
  return months.length === 0 ? 'none' : rangesOf(months, '-').join(',')
}

/** The months a card may pay in, ascending; empty: a lump sum only. */
export function monthsAllowed(rule: InstalmentRule, card: CardCompany): readonly number[] {
  const { others, byCompany } = rule
  if (card.cardCode !== null) return byCompany[card.cardCode] ?? others
  if (card.cardName !== null) return others
  return ascending(new Set([others, ...Object.values(byCompany)].flat()))
}

/** Why a card may not pay in so many months, in Korean; null when it may. 0 and 1 are a lump sum. */
export function instalmentFaultOf(
  rule: InstalmentRule,
  months: number,
  card: CardCompany,
): string | null {
  const allowed = monthsAllowed(rule, card)
  if (months < monthsMin || allowed.includes(months)) return null
  const instalments = card.cardName === null ? '할부' : `${card.cardName} 할부`
  const asked = `요청하신 할부: ${months}개월`
  return allowed.length === 0
    ? `이 채널에서는 ${instalments}를 이용할 수 없습니다. 일시불(0)로 요청해 주세요. ${asked}`
    : `이 채널에서 ${instalments}는 ${rangesOf(allowed, '~').join(', ')}개월만 가능합니다. ${asked}`
}

/** `[2, 3, 4, 6]` as `2-4` and `6`. */
function rangesOf(months: readonly number[], dash: string): string[] {
  const starts = months.filter((month) => !months.includes(month - 1))
  const ends = months.filter((month) => !months.includes(month + 1))
  return starts.map((start, at) => (start === ends[at] ? `${start}` : `${start}${dash}${ends[at]}`))
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at)
}

function ascending(months: ReadonlySet<number>): number[] {
  return [...months].sort((a, b) => a - b)
}

function malformed(message: string): InstalmentReading {
  return { kind: 'malformed', message }
}
