// Reads what PAYJOA sends of its own accord: a GET whose query is percent-encoded EUC-KR. Fields as in its LINK
// manuals; no signature comes with them, so who sent it is for the caller to judge.

import iconv from 'iconv-lite'

import { scrubCardNumbers } from '../../telemetry/scrub-text.ts'
import type { NotificationReading } from '../evidence.ts'
import { issuerOf } from './issuers.ts'
import { createMask, maskCardNumber } from './masking.ts'
import { kstInstant } from './responses.ts'

const queryLengthMax = 8_000
const fieldCountMax = 64

/** The page PAYJOA looks for; anything else makes it send the notification again. */
export const acknowledgement = '<html><body><RESULT>SUCCESS</RESULT></body></html>'
export const refusal = '<html><body><RESULT>FAIL</RESULT></body></html>'

export function readNotification(query: string): NotificationReading {
  if (query.length > queryLengthMax) return unreadable('longer than any notification', {})
  const fields = decodeQuery(query)
  const record = recordOf(fields)
  const fault = faultOf(fields)
  if (fault !== null) return unreadable(fault, record)
  const field = (name: string) => fields.get(name) ?? ''
  const approvalNumber = scrubCardNumbers(field('AUTHNO').trim())
  return {
    kind: 'notification',
    notification: {
      kind: kindOf(field('PAYMETHOD')) as 'approval' | 'cancel',
      contractId: field('CPID'),
      transactionId: field('DAOUTRX'),
      orderNumber: field('ORDERNO'),
      amountWon: Number(field('AMOUNT')),
      happenedAtMs: kstInstant(field('CANCELDATE') || field('SETTDATE') || field('AUTHDATE')),
      approvalNumber: /^[\x21-\x7e]{1,40}$/.test(approvalNumber) ? approvalNumber : null,
      issuer: issuerOf(fields.get('CARDCODE')),
      record,
    },
  }
}

// Absent in the manuals, present in some integrations: a notification that tells of a failure proves nothing.
function faultOf(fields: ReadonlyMap<string, string>): string | null {
  const code = fields.get('RESULTCODE')
  if (code !== undefined && code !== '' && code !== '0000') return `RESULTCODE ${code.slice(0, 20)}`
  if (kindOf(fields.get('PAYMETHOD') ?? '') === null) return 'PAYMETHOD is none of a card'
  for (const [name, pattern] of patterns) {
    if (!pattern.test(fields.get(name) ?? '')) return `${name} is missing or malformed`
  }
  return null
}

const patterns: readonly (readonly [string, RegExp])[] = [
  ['CPID', /^[A-Za-z0-9]{1,20}$/],
  ['DAOUTRX', /^[\x21-\x7b\x7d\x7e]{1,20}$/],
  ['ORDERNO', /^[^|]{1,50}$/],
  ['AMOUNT', /^0*[1-9]\d{0,9}$/],
]

// CARD, CARDK, CARD-BATCH, CARDK-SUGI …; cancels are CARD_CANCEL and its kin, with or without the underscore.
function kindOf(payMethod: string): 'approval' | 'cancel' | null {
  if (/^[A-Z]{1,16}_?CANCEL$/.test(payMethod)) return 'cancel'
  return /^CARDK?(-[A-Z]{1,10})?$/.test(payMethod) ? 'approval' : null
}

/** The first value of each parameter counts: a second one of the same name is not PAYJOA's. */
function decodeQuery(query: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const pair of query.split('&').slice(0, fieldCountMax)) {
    const equalsAt = pair.indexOf('=')
    if (equalsAt <= 0) continue
    const name = decodeText(pair.slice(0, equalsAt)).toUpperCase()
    if (!fields.has(name)) fields.set(name, decodeText(pair.slice(equalsAt + 1)).trim())
  }
  return fields
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

// EUC-KR by every source. Text that is not, but is whole UTF-8, is taken as that: only names can differ by it.
function decodeText(text: string): string {
  const bytes = percentBytes(text)
  const asKorean = iconv.decode(bytes, 'cp949')
  if (!asKorean.includes('\ufffd')) return asKorean
  try {
    return utf8.decode(bytes)
  } catch {
    return asKorean
  }
}

function percentBytes(text: string): Buffer {
  const bytes: number[] = []
  for (let index = 0; index < text.length; index += 1) {
    const hex = /^%([0-9A-Fa-f]{2})/.exec(text.slice(index, index + 3))?.[1]
    if (hex !== undefined) {
      bytes.push(Number.parseInt(hex, 16))
      index += 2
    } else {
      const code = text.charCodeAt(index)
      bytes.push(code === 0x2b ? 0x20 : code & 0xff)
    }
  }
  return Buffer.from(bytes)
}

// CARDNO comes with its middle as zeroes, and in one report whole: either way the first six and last four are kept.
// Nothing promises that no other field ever has one; ORDERNO and DAOUTRX are kept as they are, being what is matched.
function recordOf(fields: ReadonlyMap<string, string>): Record<string, string> {
  const cardNumber = (fields.get('CARDNO') ?? '').replace(/\D/g, '')
  const record = createMask({}, []).fields(Object.fromEntries(fields))
  for (const [name, text] of Object.entries(record)) {
    if (name !== 'ORDERNO' && name !== 'DAOUTRX') record[name] = scrubCardNumbers(text)
  }
  if (cardNumber !== '') record['CARDNO'] = maskCardNumber(cardNumber)
  return record
}

function unreadable(reason: string, record: Record<string, string>): NotificationReading {
  return { kind: 'unreadable', reason, record }
}
