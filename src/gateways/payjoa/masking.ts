// What may be kept of an exchange. Card number: first six and last four digits (PCI DSS 3.4). Everything else
// of the card, AUTOKEY, TOKEN and the link key: three stars. Fields are masked by name, and free text by what
// was sent, since an answer may quote it.

import type { WireFields } from './preflight.ts'

export interface Mask {
  /** A whole request or response, ready to be stored. */
  fields(fields: Readonly<Record<string, string>>): Record<string, string>
  /** A text for people: ERRORMESSAGE, a transport error, the start of a broken body. */
  text(text: string): string
  /** A URL whose query may carry the token. */
  url(url: string): string
}

const stars = '***'
const valueLengthMax = 500
const fieldCountMax = 64

// Sent or received under these names, a value is never kept.
const secretNames = new Set(['AUTOKEY', 'TOKEN', 'EXPIREDT', 'CARDAUTH', 'CARDPASSWORD'])
const secretNamePattern =
  /(AUTOKEY|TOKEN|EXPIREDT|CARDAUTH|CARDPASSWORD|CARDNO|AUTHORIZATION)(["'\s]*[:=]\s*["']?)[^"',&}\s]*/gi

// Evidence must survive: in these, digits are dates, amounts and ids, and only what was sent is looked for.
const evidenceNames = new Set([
  'RESULTCODE',
  'DAOUTRX',
  'TRXID',
  'ORDERNO',
  'AMOUNT',
  'AUTHNO',
  'AUTHDATE',
  'CANCELDATE',
  'GENDATE',
  'CPID',
  'PAYMETHOD',
  'CARDCODE',
])

/**
 * Knows the secrets of one call: those in its fields, and the link key and token beside them. Every field of every
 * exchange goes through it, so patterns are asked only of a text that could hold what they look for.
 */
export function createMask(sent: WireFields, others: readonly string[]): Mask {
  const cardNumber = sent['CARDNO'] ?? ''
  const cardPattern = cardNumber === '' ? null : groupedPattern(cardNumber)
  // The longest first: one may hold another, whose stars would leave the rest of it standing.
  const whole = [sent['AUTOKEY'] ?? '', ...others]
    .filter((secret) => secret.length >= 4)
    .toSorted((a, b) => b.length - a.length)
  const short = ['EXPIREDT', 'CARDAUTH', 'CARDPASSWORD'].map((name) => sent[name] ?? '')
  const shortPattern = digitsPattern(short.filter((secret) => secret !== ''))
  const hideSent = (text: string): string => {
    let hidden = text
    for (const secret of whole) {
      if (hidden.includes(secret)) hidden = hidden.replaceAll(secret, stars)
    }
    if (cardPattern === null) return hidden
    return hidden.replace(cardPattern, () => maskCardNumber(cardNumber))
  }
  const hideFree = (text: string): string => {
    const isNamed = text.includes('=') || text.includes(':')
    const hidden = hideSent(isNamed ? text.replace(secretNamePattern, `$1$2${stars}`) : text)
    // A card number of any other buyer, grouped or not, is as secret as the one that was sent.
    const noCard = hidden.length < cardDigitsMin ? hidden : hidden.replace(anyCard, maskGrouped)
    return shortPattern === null ? noCard : noCard.replace(shortPattern, stars)
  }
  return {
    fields: (fields) =>
      Object.fromEntries(
        Object.entries(fields)
          .slice(0, fieldCountMax)
          .map(([name, value]) => [
            storable(hideFree(name)).slice(0, 40),
            storable(maskField(name.toUpperCase(), value, { hideSent, hideFree })),
          ]),
      ),
    text: (text) => storable(hideFree(text)),
    url: (url) => storable(hideSent(url.replace(secretNamePattern, `$1$2${stars}`))),
  }
}

interface Hiders {
  readonly hideSent: (text: string) => string
  readonly hideFree: (text: string) => string
}

function maskField(name: string, value: string, { hideSent, hideFree }: Hiders): string {
  if (secretNames.has(name)) return value === '' ? '' : stars
  if (name === 'CARDNO') return value === '' ? '' : maskCardNumber(value)
  return evidenceNames.has(name) ? hideSent(value) : hideFree(value)
}

/** First six, three stars, last four; three stars alone where too few digits would stay hidden. */
export function maskCardNumber(number: string): string {
  return number.length < cardDigitsMin ? stars : `${number.slice(0, 6)}${stars}${number.slice(-4)}`
}

const cardDigitsMin = 13
const anyCard = /\d(?:[ -]?\d){12,18}(?!\d)/g
const maskGrouped = (found: string): string => maskCardNumber(found.replace(/\D/g, ''))

// A card number is found however its digits are grouped.
function groupedPattern(cardNumber: string): RegExp {
  return new RegExp(cardNumber.split('').map(escaped).join('[ -]?'), 'g')
}

// Six digits of a birth are also part of many a date, so these count only as a whole run of digits.
function digitsPattern(secrets: readonly string[]): RegExp | null {
  if (secrets.length === 0) return null
  return new RegExp(`(?<!\\d)(?:${secrets.map(escaped).join('|')})(?!\\d)`, 'g')
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')
}

/**
 * Bounded, and free of what a database would refuse: PostgreSQL has no place for U+0000 or half a surrogate
 * pair, and a record that cannot be stored would take the outcome down with it.
 */
export function storable(text: string): string {
  return text
    .slice(0, valueLengthMax)
    .replace(/\p{Cc}+/gu, ' ')
    .toWellFormed()
}
