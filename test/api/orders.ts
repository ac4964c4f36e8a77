// What a merchant's program sends: cards, orders, and the two encodings every V1 endpoint takes.

import { issuerBins, testCards, type TestCard } from '../../simulator/test-cards.ts'

/** A card of the simulator by what happens when it is charged; it registers without a word. */
export function cardThat(atCharge: TestCard['atCharge']): string {
  const card = testCards.find((known) => known.atIssue === null && known.atCharge === atCharge)
  if (card === undefined) throw new Error(`no test card is ${atCharge} at the charge`)
  return card.number
}

/** A card of the simulator that is refused when a key is asked for. */
export function cardRefusedAs(atIssue: NonNullable<TestCard['atIssue']>): string {
  const card = testCards.find((known) => known.atIssue === atIssue)
  if (card === undefined) throw new Error(`no test card is refused as ${atIssue}`)
  return card.number
}

/** A card of an issuer that approves. */
export function cardOf(issuer: string): string {
  const bin = issuerBins.find((known) => known.issuer === issuer)
  if (bin === undefined) throw new Error(`no test card of ${issuer}`)
  return bin.approvingNumber
}

/** Card fields of a request, with the birth and password that billing wants. */
export function cardFields(number = cardOf('신한카드')) {
  return { card_number: number, expiry: '2031-12', birth: '820213', pwd_2digit: '00' }
}

let orders = 0

/** A merchant_uid that no other order of this file has. */
export function newMerchantUid(): string {
  orders += 1
  return `order_${orders}`
}

/** A key-in order that is approved. */
export function newOrder(fields: Readonly<Record<string, unknown>> = {}) {
  return { merchant_uid: newMerchantUid(), amount: 3000, ...cardFields(), ...fields }
}

/** A body as sent, with the headers that say what it is. */
export interface Encoded {
  readonly body: string
  readonly headers: Record<string, string>
}

export interface Encoding {
  readonly name: string
  readonly encode: (fields: Readonly<Record<string, unknown>>) => Encoded
}

/** JSON, a form, and a form as the Go client writes it: names after a space, nothing escaped. */
export const encodings: readonly Encoding[] = [
  {
    name: 'JSON',
    encode: (fields) => ({
      body: JSON.stringify(fields),
      headers: { 'content-type': 'application/json; charset=utf-8' },
    }),
  },
  {
    name: 'a form',
    encode: (fields) => ({
      body: new URLSearchParams(pairsOf(fields)).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }),
  },
  {
    name: 'an unescaped form with spaces before its names',
    encode: (fields) => ({
      body: pairsOf(fields)
        .map(([name, text]) => ` ${name}=${text}`)
        .join('&'),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }),
  },
]

function pairsOf(fields: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(fields).map(([name, sent]) => [name, String(sent)])
}
