// What the issuer knows about a card number, before any amount is looked at.

import {
  guideCardNumber,
  issuerBins,
  otherIssuerCode,
  testCards,
  type TestCard,
} from './test-cards.ts'

const cardsByNumber = new Map(testCards.map((card) => [card.number, card]))
const issuersByBin = new Map(issuerBins.map((issuer) => [issuer.bin, issuer.cardCode]))

export interface CardFacts extends Omit<TestCard, 'number'> {
  /** First six and last four digits, the rest starred. */
  readonly masked: string
  readonly cardCode: string
  /** False only for the guide's card, whose expiry nobody looks at. */
  readonly expires: boolean
}

/** Every digit string is some card: listed, valid by Luhn (approves), or not (declined as invalid). */
export function cardFacts(number: string): CardFacts {
  const valid = number.length >= 14 && number.length <= 16 && passesLuhn(number)
  const card =
    cardsByNumber.get(number) ??
    (valid
      ? { atIssue: null, atCharge: 'approve' as const }
      : { atIssue: 'invalid_number' as const, atCharge: 'invalid_number' as const })
  return {
    atIssue: card.atIssue,
    atCharge: card.atCharge,
    masked: maskNumber(number),
    cardCode: issuersByBin.get(number.slice(0, 4)) ?? otherIssuerCode,
    expires: number !== guideCardNumber,
  }
}

export function passesLuhn(number: string): boolean {
  let sum = 0
  for (let at = 0; at < number.length; at += 1) {
    const digit = Number(number[number.length - 1 - at])
    const doubled = digit * 2
    sum += at % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

// A number too short to be a card shows nothing: ten of its digits would be most of it.
function maskNumber(number: string): string {
  if (number.length < 14) return '*'.repeat(number.length)
  return number.slice(0, 6) + '*'.repeat(number.length - 10) + number.slice(-4)
}
