// Reads the card fields of a V1 request. Never stricter than V1: the number's length, its check digit and the
// expiry's being in the past are the gateway's to judge, so that its own words reach the merchant.

import type { CardInput } from '../gateways/gateway.ts'
import { Secret } from '../primitives/secret.ts'

export interface CardFields {
  readonly card_number: string
  readonly expiry: string
  readonly birth?: string | undefined
  readonly pwd_2digit?: string | undefined
}

export type CardReading =
  | { readonly kind: 'card'; readonly card: CardInput; readonly numberMasked: string }
  | { readonly kind: 'malformed'; readonly field: string; readonly hint: string }

/**
 * Reads card_number (anything but digits is dropped: `1234-1234-1234-1234` and `12341234.1234.123` are both
 * fine to V1), expiry, birth and pwd_2digit.
 */
export function readCard(fields: CardFields): CardReading {
  const number = onlyDigits(fields.card_number)
  if (number === '') {
    return { kind: 'malformed', field: 'card_number', hint: '카드번호는 숫자여야 합니다.' }
  }
  const expiry = readExpiry(fields.expiry)
  if (expiry === undefined) {
    return { kind: 'malformed', field: 'expiry', hint: '유효기간은 YYYY-MM 형식이어야 합니다.' }
  }
  const birth = emptyAsNull(onlyDigits(fields.birth ?? ''))
  const password = emptyAsNull((fields.pwd_2digit ?? '').trim())
  return {
    kind: 'card',
    card: {
      number: new Secret(number),
      expiry: new Secret(expiry),
      birth: birth === null ? null : new Secret(birth),
      passwordTwoDigits: password === null ? null : new Secret(password),
    },
    numberMasked: maskCardNumber(number),
  }
}

/**
 * The first six and last four digits, as V1 shows a card and PCI DSS 3.4 allows; the rest are stars. A number
 * too short to be a card shows nothing, since too little of it would stay hidden.
 */
export function maskCardNumber(number: string): string {
  if (number.length < 13) return '*'.repeat(number.length)
  return number.slice(0, 6) + '*'.repeat(number.length - 10) + number.slice(-4)
}

// V1 documents YYYY-MM; clients also send YYYYMM, and MM/YY as printed on the card.
function readExpiry(text: string): string | undefined {
  const trimmed = text.trim()
  const long = /^(20\d\d)[-/. ]?(0[1-9]|1[0-2])$/.exec(trimmed)
  if (long) return `${long[1]}${long[2]}`
  const printed = /^(0[1-9]|1[0-2])\/(\d\d)$/.exec(trimmed)
  if (printed) return `20${printed[2]}${printed[1]}`
  const short = /^(\d\d)-(0[1-9]|1[0-2])$/.exec(trimmed)
  if (short) return `20${short[1]}${short[2]}`
  return undefined
}

function onlyDigits(text: string): string {
  return text.replace(/\D/g, '')
}

function emptyAsNull(text: string): string | null {
  return text === '' ? null : text
}
