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

/** Knows the secrets of one call: those in its fields, and the link key and token beside them. */
export function createMask(sent: WireFields, others: readonly string[]): Mask {
  const cardNumber = sent['CARDNO'] ?? null
  const whole = [sent['AUTOKEY'] ?? '', ...others].filter((secret) => secret.length >= 4)
  const short = ['EXPIREDT', 'CARDAUTH', 'CARDPASSWORD'].map((name) => sent[name] ?? '')
  const sentPattern = patternOf(cardNumber, whole)
  const shortPattern = digitsPattern(short.filter((secret) => secret !== ''))
  const hideSent = (text: string): string =>
    text.replace(sentPattern, (found) => maskIfCard(found, cardNumber))
  const hideFree = (text: string): string =>
    hideSent(text.replace(secretNamePattern, `$1$2${stars}`))
      // A card number of any other buyer, grouped or not, is as secret as the one that was sent.
      .replace(/\d(?:[ -]?\d){12,18}(?!\d)/g, (found) => maskCardNumber(found.replace(/\D/g, '')))
      .replace(shortPattern, stars)
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
  return number.length < 13 ? stars : `${number.slice(0, 6)}${stars}${number.slice(-4)}`
}

function maskIfCard(found: string, cardNumber: string | null): string {
  const isCard = cardNumber !== null && found.replace(/\D/g, '') === cardNumber
  return isCard ? maskCardNumber(cardNumber) : stars
}

// Matches nothing when there is nothing to hide. A card number is found however its digits are grouped.
function patternOf(cardNumber: string | null, whole: readonly string[]): RegExp {
  const alternatives = whole.map(escaped)
  if (cardNumber !== null && cardNumber !== '') {
    alternatives.push(cardNumber.split('').map(escaped).join('[ -]?'))
  }
  return new RegExp(alternatives.length === 0 ? '(?!)' : alternatives.join('|'), 'g')
}

// Six digits of a birth are also part of many a date, so these count only as a whole run of digits.
function digitsPattern(secrets: readonly string[]): RegExp {
  if (secrets.length === 0) return /(?!)/g
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
