// What the execute step's answer proves. Money was taken only if every mark of success is there and agrees
// with what was asked; it was not taken only if the PG says so in an answer that is plainly ours; all else is
// unknown. Pure, total, and never throws, whatever the answer.

import { isSameSecret } from '../../primitives/same-secret.ts'
import { Secret } from '../../primitives/secret.ts'
import type {
  CancelOutcome,
  ChargeOutcome,
  Declined,
  IssueOutcome,
  Unknown,
  Unsent,
} from '../gateway.ts'
import { issuerOf } from './issuers.ts'
import type { Mask } from './masking.ts'
import type { Transmission } from './post-once.ts'
import { gatewayKeyBytesMax, transactionIdBytesMax } from './preflight.ts'
import { readBody, type ResponseBody } from './response-body.ts'

/** What the answer is held against. */
export interface Expected {
  readonly token: string
  /** AMOUNT as sent. */
  readonly amountWon: number
  /** Null when none was sent: cancels. */
  readonly orderNumber: string | null
  readonly mask: Mask
}

type Accepted = { readonly kind: 'accepted'; readonly fields: Readonly<Record<string, string>> }
type Verdict = Accepted | Declined | Unsent | Unknown

/** The answer as the gateway story sees it: transport first, body read. */
export type ExecuteAnswer =
  | { readonly kind: 'body'; readonly status: number; readonly body: ResponseBody }
  | Exclude<Transmission, { readonly kind: 'answered' }>

export function toExecuteAnswer(transmission: Transmission): ExecuteAnswer {
  if (transmission.kind !== 'answered') return transmission
  const { status, contentType, body } = transmission
  return { kind: 'body', status, body: readBody(body, contentType) }
}

/** SUGI and BATCH. Approved needs DAOUTRX and an equal AMOUNT: no cancel and no evidence works without them. */
export function readChargeAnswer(answer: ExecuteAnswer, expected: Expected): ChargeOutcome {
  const verdict = judge(answer, expected)
  if (verdict.kind !== 'accepted') return verdict
  const { fields } = verdict
  const amount = amountProblem(fields['AMOUNT'], expected.amountWon)
  if (amount !== null) return unknown(amount, fields, expected)
  const transactionId = transactionIdOf(fields)
  if (transactionId === null) return unknown('missing_field', fields, expected)
  return {
    kind: 'approved',
    transactionId,
    approvalNumber: storedOrNull(fields['AUTHNO'], expected),
    approvedAtMs: kstInstant(fields['AUTHDATE']),
    issuer: issuerOf(fields['CARDCODE']),
  }
}

/** KEYGEN with DIRECT_YN=N. AMOUNT went as "0"; any other amount coming back is not our answer. */
export function readIssueAnswer(answer: ExecuteAnswer, expected: Expected): IssueOutcome {
  const verdict = judge(answer, expected)
  if (verdict.kind !== 'accepted') return verdict
  const { fields } = verdict
  const amount = fields['AMOUNT'] ?? ''
  if (amount !== '' && amountProblem(amount, 0) !== null) {
    return unknown('amount_mismatch', fields, expected)
  }
  const key = fields['AUTOKEY'] ?? ''
  // Whatever cannot be sent back as AUTOKEY later is no key.
  const isKey = /^[\x21-\x7e]+$/.test(key) && !key.includes('|') && key.length <= gatewayKeyBytesMax
  if (!isKey) return unknown('missing_field', fields, expected)
  return { kind: 'approved', gatewayKey: new Secret(key), issuer: issuerOf(fields['CARDCODE']) }
}

/**
 * A cancel. 9206, already cancelled, is `declined` with its code: this request gave nothing back, and what did
 * is for the caller to find out.
 */
export function readCancelAnswer(answer: ExecuteAnswer, expected: Expected): CancelOutcome {
  const verdict = judge(answer, expected)
  if (verdict.kind !== 'accepted') return verdict
  const { fields } = verdict
  const amount = amountProblem(fields['AMOUNT'], expected.amountWon)
  if (amount !== null) return unknown(amount, fields, expected)
  return {
    kind: 'approved',
    transactionId: transactionIdOf(fields),
    cancelledAtMs: kstInstant(fields['CANCELDATE']),
  }
}

// The approval's codes that prove nothing: system error, time-out, unknown error. 9002, duplicate order number,
// is with them: an ORDERNO is sent once in its life, so the PG having seen it means it may have been charged.
const uncertainCodes = new Set(['9000', '9002', '9005', '9999'])

// Token expired, token invalid: the PG refused the request at the door, so a caller may begin anew. This
// adapter does not: the execute step is never sent twice within one call.
const tokenCodes = new Set(['9003', '9004'])

function judge(answer: ExecuteAnswer, expected: Expected): Verdict {
  if (answer.kind === 'unsent') return unsent('connect', null, connectMessage)
  if (answer.kind === 'lost') return unknown(answer.cause, {}, expected)
  const { status, body } = answer
  const fields = body.fields ?? salvage(body.text)
  if (status !== 200) return unknown('http_status', fields, expected)
  if (body.fields === null) return unknown('unparseable', fields, expected)
  return judgeFields(body.fields, expected)
}

function judgeFields(fields: Readonly<Record<string, string>>, expected: Expected): Verdict {
  const code = fields['RESULTCODE'] ?? ''
  if (code === '') return unknown('missing_field', fields, expected)
  const foreign = foreignMark(fields, expected)
  if (foreign !== null) return unknown(foreign, fields, expected)
  if (code === '0000') return { kind: 'accepted', fields }
  if (!isRefusalCode(code)) return unknown('unparseable', fields, expected)
  if (uncertainCodes.has(code)) return unknown('gateway_uncertain', fields, expected)
  const message = expected.mask.text(fields['ERRORMESSAGE'] ?? '')
  if (tokenCodes.has(code)) return unsent('ready_refused', code, message)
  // Configuration codes (9001, 9011, 9029, 91xx, FAIL) are refusals as final as an issuer's: a repetition would
  // be refused alike until somebody changes a setting. No list of decline codes is public, and none is needed.
  return {
    kind: 'declined',
    code,
    message,
    reason: isCardInvalid(message) ? 'card_invalid' : 'declined',
    transactionId: transactionIdOf(fields),
  }
}

// Failures are documented with RESULTCODE and ERRORMESSAGE alone, so a refusal may lack the TOKEN; it must not
// bear another's. A success has to bear ours.
function foreignMark(
  fields: Readonly<Record<string, string>>,
  { token, orderNumber }: Expected,
): 'token_mismatch' | 'order_mismatch' | null {
  const echoedToken = fields['TOKEN'] ?? ''
  const isTokenless = echoedToken === '' && fields['RESULTCODE'] !== '0000'
  if (!isTokenless && !isSameSecret(echoedToken, token)) return 'token_mismatch'
  const echoedOrder = fields['ORDERNO'] ?? ''
  const isOrderForeign = echoedOrder !== '' && orderNumber !== null && echoedOrder !== orderNumber
  return isOrderForeign ? 'order_mismatch' : null
}

// Codes have four characters; issuers' own may differ. What reads like a success in another spelling ("0",
// "00", "OK") is neither proof of a charge nor of none.
function isRefusalCode(code: string): boolean {
  return /^[0-9A-Za-z_-]{1,20}$/.test(code) && !/^(0+|ok|success|y|true|null)$/i.test(code)
}

// The issuers' words for a number that is wrong, whatever their code. Expiry is another matter, so the word
// for it is put aside first.
function isCardInvalid(message: string): boolean {
  const text = message.replace(/\s+/g, '').replace(/유효기간/g, '')
  return (
    /카드번호.{0,12}(유효|틀|오류|확인|잘못|불일치|상이|없는|에러|아닙니다)/.test(text) ||
    /(유효하지않은|잘못된|없는|틀린)카드번호/.test(text)
  )
}

// AMOUNT may come zero-padded; anything else than the same number is another amount.
function amountProblem(
  text: string | undefined,
  amountWon: number,
): 'missing_field' | 'amount_mismatch' | null {
  if (text === undefined || text === '') return 'missing_field'
  return /^\d{1,12}$/.test(text) && Number(text) === amountWon ? null : 'amount_mismatch'
}

// Cancels answer with TRXID in some sources and DAOUTRX in others. A form that could not be sent back in a
// later cancel is not an id.
function transactionIdOf(fields: Readonly<Record<string, string>>): string | null {
  const pattern = /^[\x21-\x7b\x7d\x7e]+$/
  for (const id of [fields['DAOUTRX'] ?? '', fields['TRXID'] ?? '']) {
    if (pattern.test(id) && id.length <= transactionIdBytesMax) return id
  }
  return null
}

/** From an answer that broke off: the ids an operator would search the PG's books by. */
function salvage(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of ['RESULTCODE', 'DAOUTRX', 'TRXID']) {
    const value = new RegExp(`"${name}"\\s*:\\s*"([\\x21\\x23-\\x7e]{1,40})"`).exec(text)?.[1]
    if (value !== undefined) found[name] = value
  }
  return found
}

function storedOrNull(value: string | undefined, { mask }: Expected): string | null {
  const text = mask.text(value ?? '').trim()
  return text === '' ? null : text.slice(0, 40)
}

/** yyyyMMddHHmmss in Korea's time, which is UTC+9 all year; null when it is no such instant. */
export function kstInstant(text: string | undefined): number | null {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text ?? '')
  if (parts === null) return null
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const asUtc = Date.UTC(year, month - 1, day, hour, minute, second)
  const readBack = new Date(asUtc).toISOString().replace(/[-:T]/g, '').slice(0, 14)
  return readBack === text ? asUtc - 9 * 3_600_000 : null
}

export const connectMessage = 'PG사 서버에 연결하지 못했습니다. 요청은 전송되지 않았습니다.'

const unknownMessage = 'PG사의 처리 결과를 확인하지 못했습니다. 거래 결과를 확인하고 있습니다.'

function unsent(cause: Unsent['cause'], code: string | null, message: string): Unsent {
  return { kind: 'unsent', cause, code, message }
}

function unknown(
  cause: Unknown['cause'],
  fields: Readonly<Record<string, string>>,
  { mask }: Expected,
): Unknown {
  const code = mask.text(fields['RESULTCODE'] ?? '').slice(0, 20)
  const message = mask.text(fields['ERRORMESSAGE'] ?? '')
  return {
    kind: 'unknown',
    cause,
    code: code === '' ? null : code,
    message: message.trim() === '' ? unknownMessage : `${unknownMessage} (${message})`,
    transactionId: transactionIdOf(fields),
  }
}
