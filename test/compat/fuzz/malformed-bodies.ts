// Bodies that cannot be meant. Each one for an endpoint that takes money has at least one fault by which it must be
// refused, so whatever is charged during a run was charged wrongly.

import { cardFields } from '../../api/orders.ts'
import { type Choice, impossibleAmounts, nastyText, nastyValue } from './random-choice.ts'

export interface Body {
  /** Names and JSON source; written as JSON or as a form. */
  readonly fields: ReadonlyMap<string, string>
  /** What the whole request does otherwise. */
  readonly line: string
}

/** What was there before the run: the real ids make requests go deeper than invented ones. */
export interface Known {
  readonly customerUid: string
  readonly impUid: string
  readonly merchantUid: string
}

// None of these is a required parameter or another spelling of one.
const noiseNames = [
  'name',
  'buyer_name',
  'buyer_email',
  'buyer_tel',
  'custom_data',
  'notice_url',
  'browser_ip',
  'card_quota',
  'tax_free',
  'vat_amount',
  'currency',
  'pg',
  'channel_key',
  'extra',
  'bypass',
  '__proto__',
  'constructor',
  'unknown',
] as const

/** An order without fault; every user of it breaks it. */
function order(choice: Choice, known: Known): Map<string, string> {
  const uid = `fuzz_${choice.digits(12)}`
  return new Map([
    ['customer_uid', JSON.stringify(known.customerUid)],
    ['merchant_uid', JSON.stringify(uid)],
    ['amount', '1000'],
    ...Object.entries(cardFields()).map(([name, text]) => [name, JSON.stringify(text)] as const),
  ])
}

type Break = (fields: Map<string, string>, choice: Choice) => void

const breakAmount: Break = (fields, choice) => fields.set('amount', choice.of(impossibleAmounts))
const dropAmount: Break = (fields) => fields.delete('amount')
const dropMerchantUid: Break = (fields, choice) => {
  if (choice.once(2)) fields.delete('merchant_uid')
  // Nothing here may become a text in a form: `merchant_uid=null` names an order.
  else fields.set('merchant_uid', choice.of(['""', `"${'m'.repeat(41)}"`, String.raw`"\u0000"`]))
}
const breakCard: Break = (fields, choice) => {
  fields.set('card_number', choice.of(['null', '""', '"-"', '"card"', '"1"', '{}', '[[]]']))
}
const breakExpiry: Break = (fields, choice) => {
  fields.set(
    'expiry',
    choice.of(['null', '"2031-13"', '"31"', '"2031-00"', '"soon"', '{}', 'true']),
  )
}
const breakCustomer: Break = (fields, choice) => {
  fields.set('customer_uid', choice.of(['null', '""', '"nobody"', `"${'c'.repeat(81)}"`, '{}']))
}

interface Endpoint {
  readonly line: string
  readonly breaks: readonly Break[]
}

const money: readonly Endpoint[] = [
  {
    line: 'POST /subscribe/payments/onetime',
    breaks: [breakAmount, dropAmount, dropMerchantUid, breakCard, breakExpiry],
  },
  {
    line: 'POST /subscribe/payments/foreign',
    breaks: [breakAmount, dropAmount, dropMerchantUid, breakCard, breakExpiry],
  },
  {
    line: 'POST /subscribe/payments/again',
    breaks: [breakAmount, dropAmount, dropMerchantUid, breakCustomer],
  },
  { line: 'POST /subscribe/customers/fuzz', breaks: [breakCard, breakExpiry] },
]

/** A request that would take money but for its fault. */
export function brokenCharge(choice: Choice, known: Known): Body {
  const { line, breaks } = choice.of(money)
  const fields = order(choice, known)
  choice.of(breaks)(fields, choice)
  addNoise(fields, choice)
  return { line, fields }
}

/** A charge without fault, for requests that are broken around it. */
export function wholeCharge(choice: Choice, known: Known): Body {
  const line = choice.of(['POST /subscribe/payments/onetime', 'POST /subscribe/payments/again'])
  return { line, fields: order(choice, known) }
}

export function brokenSchedule(choice: Choice, known: Known): Body {
  const entry = (at: string, amount: string) =>
    `{"merchant_uid":"fuzz_${choice.digits(12)}","schedule_at":${at},"amount":${amount}}`
  const good = entry('4000000000', '1000')
  const schedules = choice.of([
    'null',
    '[]',
    '{}',
    '"x"',
    '[null]',
    '[[]]',
    `[${good},null]`,
    `[${good},${entry('4000000000', choice.of(impossibleAmounts))}]`,
    `[${entry('1', '1000')}]`,
    `[${entry('4000000000000', '1000')}]`,
    `[${entry('"soon"', '1000')}]`,
    `[${good},${good}]`,
    `{"0":${good},"x":1}`,
    `[${Array.from({ length: 1001 }, () => good).join(',')}]`,
  ])
  const fields = new Map([
    ['customer_uid', JSON.stringify(known.customerUid)],
    ['schedules', schedules],
  ])
  addNoise(fields, choice)
  return { line: 'POST /subscribe/payments/schedule', fields }
}

export function brokenCancel(choice: Choice, known: Known): Body {
  const isReal = choice.once(2)
  const id = isReal ? JSON.stringify(known.impUid) : nastyValue(choice)
  const amount = choice.of(['true', '-1', '0.5', '"1e3"', '"x"', '1000001', '9007199254740993'])
  const fields = new Map([
    [isReal || choice.once(2) ? 'imp_uid' : 'merchant_uid', id],
    ['amount', amount],
    ['reason', nastyValue(choice)],
  ])
  return { line: 'POST /payments/cancel', fields }
}

/** Endpoints that take no money, with anything. */
export function nastyFields(choice: Choice): Body {
  const uid = encodeURIComponent(nastyText(choice).slice(0, 200))
  const line = choice.of([
    'POST /users/getToken',
    'POST /subscribe/payments/unschedule',
    'POST /payments/prepare',
    'PUT /payments/prepare',
    `PUT /subscribe/payments/schedule/${uid}`,
    `POST /subscribe/payments/schedule/${uid}/reschedule`,
    `POST /subscribe/payments/schedule/${uid}/retry`,
    `DELETE /subscribe/customers/fuzz${uid}`,
  ])
  const names = ['imp_key', 'imp_secret', 'merchant_uid', 'amount', 'schedule_at', 'reason']
  const fields = new Map(
    names.filter(() => choice.once(2)).map((name) => [name, nastyValue(choice)]),
  )
  return { line, fields }
}

function addNoise(fields: Map<string, string>, choice: Choice): void {
  for (let left = choice.below(4); left > 0; left -= 1) {
    fields.set(choice.of(noiseNames), nastyValue(choice))
  }
}

export function asJson({ fields }: Body): string {
  return `{${[...fields].map(([name, source]) => `${JSON.stringify(name)}:${source}`).join(',')}}`
}

/** Values that are no text go in as their JSON source, as naive clients write them. */
export function asForm({ fields }: Body, isEscaped: boolean): string {
  const pairs = [...fields].map(([name, source]): [string, string] => {
    const text = source.startsWith('"') ? (JSON.parse(source) as string) : source
    return [name, text]
  })
  if (isEscaped) return new URLSearchParams(pairs).toString()
  return pairs.map(([name, text]) => `${name}=${text.replaceAll('&', '')}`).join('&')
}
