// What each field of a request may hold, checked before anything leaves. Limits are EUC-KR bytes (LINK manual
// and approval manual V2.1 §2.6). Identifiers are carried exactly or refused, since evidence is matched by
// them; free texts are substituted or refused as the contract says, and cut to fit.

import { createHash } from 'node:crypto'
import { isIPv4 } from 'node:net'

import type { GatewayContract, Refusal, RequestPart } from '../gateway.ts'
import { byteLength, cutToBytes, firstUnmappable, placeholder, substitute } from './euc-kr.ts'

type Policy = GatewayContract['unmappable']

export type WireFields = Readonly<Record<string, string>>

export type CheckedFields = { readonly kind: 'fields'; readonly fields: WireFields } | Refusal

type Carried =
  | { readonly kind: 'carried'; readonly value: string | null }
  /** Korean; names the limit, and of what was given no more than is no secret. */
  | { readonly kind: 'refused'; readonly message: string }

interface Field {
  /** The field's Korean name, for messages. */
  readonly label: string
  readonly bytesMax: number
}

type Rule = (value: string, field: Field, policy: Policy) => Carried

// The PG's id of a transaction is 20 characters in every sample, and the manual says 20 bytes. What the PG
// itself has given must never stop a refund, so twice that is carried.
export const transactionIdBytesMax = 40

/** AUTOKEY has 13 characters in the samples; it is opaque, so far longer ones are carried. */
export const gatewayKeyBytesMax = 64

const fieldRules = {
  // Ours or the contract's: no parameter of a request is at fault.
  CPID: rule(null, '서비스 아이디', 20, exact),
  PAYMETHOD: rule(null, '결제수단', 20, exact),
  CANCELREQ: rule(null, '취소요청 구분', 1, exact),
  ORDERNO: rule(null, '주문번호', 50, exact),
  TRXID: rule(null, '거래번호', transactionIdBytesMax, exact),
  AUTOKEY: rule(null, '빌링키', gatewayKeyBytesMax, exact),
  BILLTYPE: rule(null, '결제유형', 2, exact),
  PRODUCTTYPE: rule(null, '상품구분', 2, exact),
  PRODUCTCODE: rule(null, '상품코드', 10, exact),
  TAXFREECD: rule(null, '과세구분', 2, exact),
  DIRECT_YN: rule(null, '즉시결제 여부', 1, exact),
  AMOUNT: rule('amount', '금액', 10, digits(/^(0|[1-9]\d*)$/, '10자리 이하 숫자')),
  TAXFREEAMT: rule('tax_free', '면세 금액', 10, digits(/^(0|[1-9]\d*)$/, '10자리 이하 숫자')),
  QUOTA: rule('instalments', '할부', 2, digits(/^(00|0[2-9]|1[0-2])$/, '일시불(0) 또는 2~12개월')),
  CARDNO: rule('card_number', '카드번호', 16, cardNumber),
  EXPIREDT: rule('card_expiry', '유효기간', 6, digits(/^\d{4}(0[1-9]|1[0-2])$/, '연도와 월')),
  CARDAUTH: rule(
    'card_birth',
    '생년월일(사업자번호)',
    10,
    digits(/^(\d{6}|\d{10})$/, '생년월일 6자리 또는 사업자번호 10자리 숫자'),
  ),
  CARDPASSWORD: rule('card_password', '카드 비밀번호', 2, digits(/^\d{2}$/, '앞 2자리 숫자')),
  PRODUCTNAME: rule('product_name', '상품명', 50, freeText),
  USERNAME: rule('buyer_name', '구매자명', 50, optionalText),
  USERID: rule('user_id', '고객 아이디', 50, customerId),
  EMAIL: rule('buyer_email', '구매자 이메일', 100, email),
  IPADDRESS: rule(null, '구매자 IP', 15, ipAddress),
  CANCELREASON: rule(null, '취소 사유', 20, cancelReason),
} as const satisfies Record<string, Field & { readonly part: RequestPart | null }>

export type FieldName = keyof typeof fieldRules

/** A request before it is checked. Null: the field is left out. */
export type FieldDrafts = Readonly<Partial<Record<FieldName, string | null>>>

// The part is in the words of the port: what the caller calls it depends on the call.
function rule(part: RequestPart | null, label: string, bytesMax: number, apply: Rule) {
  return { part, label, bytesMax, rule: apply }
}

/** Checks the fields in their order and gives what will travel; the first refusal ends it. */
export function checkFields(drafts: FieldDrafts, policy: Policy): CheckedFields {
  const fields: Record<string, string> = {}
  for (const [name, value] of Object.entries(drafts) as [FieldName, string | null][]) {
    if (value === null) continue
    const { part, rule: apply, ...field } = fieldRules[name]
    const carried = apply(value, field, policy)
    if (carried.kind === 'refused') {
      const { message } = carried
      return part === null ? { kind: 'bad_setting', message } : { kind: 'malformed', part, message }
    }
    if (carried.value !== null) fields[name] = carried.value
  }
  return { kind: 'fields', fields }
}

function exact(value: string, field: Field): Carried {
  if (value === '') return refused(emptyMessage(field))
  const unmappable = firstUnmappable(value)
  if (unmappable !== null) return refused(unmappableMessage(field, unmappable))
  if (/[\p{Cc}|]/u.test(value)) return refused(controlMessage(field))
  const bytes = byteLength(value)
  if (bytes <= field.bytesMax) return carried(value)
  return refused(
    `${field.label} 값은 최대 ${field.bytesMax}바이트까지 전송할 수 있습니다. 요청하신 값: ${bytes}바이트`,
  )
}

// What was given is not repeated: some of these are secrets.
function digits(pattern: RegExp, expected: string): Rule {
  return (value, { label, bytesMax }) =>
    pattern.test(value) && value.length <= bytesMax
      ? carried(value)
      : refused(`${label} 값이 올바르지 않습니다. 올바른 형식: ${expected}`)
}

// No check digit, no lower bound: V1 lets the PG judge. The first words are those V1 itself answers with.
function cardNumber(value: string, { bytesMax }: Field): Carried {
  if (/^\d+$/.test(value) && value.length <= bytesMax) return carried(value)
  return refused(
    `유효하지않은 카드번호를 입력하셨습니다. 카드번호는 최대 ${bytesMax}자리 숫자입니다. 입력하신 값: ${value.length}자리`,
  )
}

/** A required text for people: never empty once it is substituted. */
function freeText(value: string, field: Field, policy: Policy): Carried {
  if (value.trim() === '') return refused(emptyMessage(field))
  const text = mapped(value, field, policy)
  if (text.kind === 'refused') return text
  return carried(cutToBytes(text.value, field.bytesMax).trim() || placeholder)
}

function optionalText(value: string, field: Field, policy: Policy): Carried {
  if (value.trim() === '') return absent
  return freeText(value, field, policy)
}

// V1 allows a customer_uid of 80 characters, PAYJOA 50 bytes. Two names that are cut or substituted to one must stay
// two customers, and one name must always travel alike: a digest of the whole then ends it.
function customerId(value: string, field: Field, policy: Policy): Carried {
  const text = mapped(value, field, policy)
  if (text.kind === 'refused') return text
  if (text.value === '') return refused(emptyMessage(field))
  if (text.value === value && byteLength(value) <= field.bytesMax) return carried(value)
  const digest = createHash('sha256').update(value).digest('hex').slice(0, 12)
  return carried(`${cutToBytes(text.value, field.bytesMax - digest.length - 1)}-${digest}`)
}

// Half an address is another person's address, so one that does not fit is left out.
function email(value: string, field: Field, policy: Policy): Carried {
  if (value.trim() === '') return absent
  const text = mapped(value, field, policy)
  if (text.kind === 'refused') return text
  const isCarried = text.value === value.trim() && byteLength(text.value) <= field.bytesMax
  return isCarried ? text : absent
}

// Only IPv4 has a place in the field; a live integration sends 0.0.0.0 throughout and is charged normally.
function ipAddress(value: string): Carried {
  const address = value.trim().replace(/^::ffff:/i, '')
  return carried(isIPv4(address) ? address : '0.0.0.0')
}

// A remark never stands between a buyer and a refund, so it is substituted under either policy. `^ [ ]` are
// control marks of the cancel manual V2.0 §2.6–2.7: `[STOPREQ]` from outside must not become a command.
function cancelReason(value: string, field: Field): Carried {
  const text = substitute(value).replace(/\[/g, '(').replace(/\]/g, ')').replace(/[\^|]/g, ' ')
  return carried(cutToBytes(text.trim(), field.bytesMax).trim() || '결제 취소')
}

type Mapped =
  | { readonly kind: 'carried'; readonly value: string }
  | { readonly kind: 'refused'; readonly message: string }

// Composing and turning line breaks into spaces changes nothing a reader sees, so both policies do it.
function mapped(value: string, field: Field, policy: Policy): Mapped {
  if (policy === 'substitute') {
    return { kind: 'carried', value: substitute(value.replaceAll('|', ' ')) }
  }
  const text = value
    .normalize('NFC')
    .replace(/[\t\r\n\u00a0]+/g, ' ')
    .trim()
  const unmappable = firstUnmappable(text)
  if (unmappable !== null) return refused(unmappableMessage(field, unmappable))
  // The PG answers 9011 to a pipe: its daily transaction file is separated by it.
  if (/[\p{Cc}|]/u.test(text)) return refused(controlMessage(field))
  return { kind: 'carried', value: text }
}

const absent: Carried = { kind: 'carried', value: null }

function carried(value: string): Mapped {
  return { kind: 'carried', value }
}

function refused(message: string): { readonly kind: 'refused'; readonly message: string } {
  return { kind: 'refused', message }
}

function emptyMessage({ label }: Field): string {
  return `${label} 값이 비어 있습니다.`
}

function controlMessage({ label }: Field): string {
  return `${label}에 제어문자나 '|' 문자는 사용할 수 없습니다.`
}

function unmappableMessage({ label }: Field, character: string): string {
  return `${label}에 PG사가 지원하지 않는 문자(${nameOf(character)})가 포함되어 있습니다. EUC-KR 문자만 사용할 수 있습니다.`
}

/** `똠, U+B620`; of what cannot be seen, or would change how the rest is read, the number alone. */
function nameOf(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(character) ? `${character}, U+${hex}` : `U+${hex}`
}
