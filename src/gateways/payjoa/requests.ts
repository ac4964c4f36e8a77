// Which fields each method sends (approval manual V2.1 §2.3–2.6, cancel manual V2.0 §2.3–2.7 as quoted by
// integrators). Pure: a request is either prepared whole or refused before anything leaves.

import { amountWonMax, formatWon, isAmountWon } from '../../primitives/money.ts'
import type {
  CancelRequest,
  CardInput,
  ChargeBillingKeyRequest,
  ChargeCardRequest,
  GatewayContract,
  IssueBillingKeyRequest,
  OrderLines,
  Refusal,
  RequestPart,
  TaxSplit,
} from '../gateway.ts'
import { type FieldDrafts, type WireFields, checkFields } from './preflight.ts'

export interface PreparedRequest {
  readonly kind: 'prepared'
  readonly payMethod: string
  /** Whether the ready step says CANCELREQ=Y. */
  readonly isCancel: boolean
  readonly fields: WireFields
}

export type Preparation = PreparedRequest | Refusal

/** BILLTYPE 14: every card method that makes or uses an AUTOKEY. */
const billTypeBilling = '14'

// PRODUCTCODE is required of KEYGEN and BATCH by one source and means the tax-free amount when TAXFREECD is
// 02. Zero is right under either reading.
const productCodeNone = '0'

/** Instalments start at this amount (PG's contract terms, as PortOne documents them). */
const instalmentAmountWonMin = 50_000

export function prepareIssue(
  contract: GatewayContract,
  request: IssueBillingKeyRequest,
): Preparation {
  if (!contract.allowsBilling) return notContracted('빌링키 발급')
  const { number, expiry, birth, passwordTwoDigits } = request.card
  // CARDK-KEYGEN excludes the password. On CARD-KEYGEN sources disagree whether birth and password are
  // required, so what was given travels and the PG judges the rest.
  const password = contract.cardRoute === 'K' ? null : passwordTwoDigits
  return prepared(contract, `${prefix(contract)}-KEYGEN`, {
    ORDERNO: request.order.orderNumber,
    BILLTYPE: billTypeBilling,
    AMOUNT: '0',
    ...orderDrafts(request.order),
    PRODUCTCODE: productCodeNone,
    CARDNO: number.reveal(),
    EXPIREDT: expiry.reveal(),
    CARDAUTH: birth?.reveal() ?? null,
    CARDPASSWORD: password?.reveal() ?? null,
    QUOTA: '00',
    TAXFREECD: '00',
    DIRECT_YN: 'N',
  })
}

export function prepareChargeCard(
  contract: GatewayContract,
  request: ChargeCardRequest,
): Preparation {
  const { card, order } = request
  const billType = keyInBillType(contract, card)
  if (billType.kind !== 'bill_type') return billType
  const refusal = moneyRefusal(request) ?? mixedTaxRefusal(request, '키인결제')
  if (refusal !== null) return refusal
  const isVerified = billType.value === '13'
  return prepared(contract, `${prefix(contract)}-SUGI`, {
    ORDERNO: order.orderNumber,
    BILLTYPE: billType.value,
    AMOUNT: String(request.amountWon),
    ...orderDrafts(order),
    CARDNO: card.number.reveal(),
    EXPIREDT: card.expiry.reveal(),
    CARDAUTH: isVerified ? (card.birth?.reveal() ?? null) : null,
    CARDPASSWORD: isVerified ? (card.passwordTwoDigits?.reveal() ?? null) : null,
    QUOTA: quota(request.instalmentMonths),
    TAXFREECD: taxCodes[request.tax.mode],
  })
}

export function prepareChargeBillingKey(
  contract: GatewayContract,
  request: ChargeBillingKeyRequest,
): Preparation {
  if (!contract.allowsBilling) return notContracted('빌링키 결제')
  const { order, tax } = request
  // Only CARD-BATCH is documented to read the tax-free amount from PRODUCTCODE (§2.6), not CARDK-BATCH.
  const refusal =
    moneyRefusal(request) ??
    (contract.cardRoute === 'K' ? mixedTaxRefusal(request, 'KCP 경유(K) 채널의 빌링키 결제') : null)
  if (refusal !== null) return refusal
  return prepared(contract, `${prefix(contract)}-BATCH`, {
    ORDERNO: order.orderNumber,
    BILLTYPE: billTypeBilling,
    AMOUNT: String(request.amountWon),
    ...orderDrafts(order),
    PRODUCTCODE: tax.mode === 'mixed' ? String(tax.taxFreeWon) : productCodeNone,
    AUTOKEY: request.gatewayKey.reveal(),
    QUOTA: quota(request.instalmentMonths),
    TAXFREECD: taxCodes[tax.mode],
  })
}

/** Cancels are never refused for the contract's sake: money taken can always be given back. */
export function prepareCancel(contract: GatewayContract, request: CancelRequest): Preparation {
  const { amountWon, taxFreeWon } = request
  if (!isAmountWon(amountWon) || amountWon === 0) {
    return malformed(
      'amount',
      `취소 금액은 1원 이상 ${formatWon(amountWonMax)} 이하의 정수여야 합니다.`,
    )
  }
  if (!isAmountWon(taxFreeWon) || taxFreeWon > amountWon) {
    return malformed(
      'tax_free',
      `면세 금액은 취소 금액(${formatWon(amountWon)})보다 클 수 없습니다. 요청하신 면세 금액: ${formatWon(taxFreeWon)}`,
    )
  }
  // Key-in payments are cancelled as CARD(K), batch payments under their own method.
  const suffix = request.takenBy === 'billing_key' ? '-BATCH' : ''
  return prepared(
    contract,
    `${prefix(contract)}${suffix}`,
    {
      CANCELREQ: 'Y',
      TRXID: request.transactionId,
      AMOUNT: String(amountWon),
      TAXFREEAMT: taxFreeWon > 0 ? String(taxFreeWon) : null,
      CANCELREASON: request.reason,
    },
    'cancel',
  )
}

/** One PAYMETHOD per method the contract allows, for proving settings by the ready step alone. */
export function payMethodsOf(contract: GatewayContract): string[] {
  const names = [
    ...(contract.allowsKeyInPlain || contract.allowsKeyInVerified ? ['SUGI'] : []),
    ...(contract.allowsBilling ? ['KEYGEN', 'BATCH'] : []),
  ]
  return names.map((name) => `${prefix(contract)}-${name}`)
}

/** A ready step on its own, for a probe. */
export function prepareProbe(contract: GatewayContract, payMethod: string): Preparation {
  return prepared(contract, payMethod, {})
}

function prepared(
  contract: GatewayContract,
  payMethod: string,
  drafts: FieldDrafts,
  purpose: 'approve' | 'cancel' = 'approve',
): Preparation {
  // It travels as an HTTP header: a line break in it would be another header.
  if (!/^[\x21-\x7e]{1,256}$/.test(contract.linkKey.reveal())) {
    return { kind: 'bad_setting', message: '결제연동키 값이 올바르지 않습니다.' }
  }
  const isCancel = purpose === 'cancel'
  const productType = contract.productType === 'digital' ? '1' : '2'
  const checked = checkFields(
    {
      CPID: contract.contractId,
      PAYMETHOD: payMethod,
      ...drafts,
      PRODUCTTYPE: isCancel ? null : productType,
    },
    contract.unmappable,
  )
  if (checked.kind !== 'fields') return checked
  return { kind: 'prepared', payMethod, isCancel, fields: checked.fields }
}

function orderDrafts(order: OrderLines): FieldDrafts {
  return {
    PRODUCTNAME: order.productName,
    IPADDRESS: order.buyerIp,
    USERID: order.userId,
    USERNAME: order.buyerName,
    EMAIL: order.buyerEmail,
  }
}

function prefix(contract: GatewayContract): 'CARD' | 'CARDK' {
  return contract.cardRoute === 'K' ? 'CARDK' : 'CARD'
}

type BillType = { readonly kind: 'bill_type'; readonly value: '13' | '18' }

// 13 needs birth (or business number) and password, 18 neither. A contract is bound to its own of the two,
// so what the buyer typed beyond it is not sent.
function keyInBillType(contract: GatewayContract, card: CardInput): BillType | Refusal {
  const missing: RequestPart[] = [
    ...(card.birth === null ? ['card_birth' as const] : []),
    ...(card.passwordTwoDigits === null ? ['card_password' as const] : []),
  ]
  if (contract.allowsKeyInVerified && missing.length === 0)
    return { kind: 'bill_type', value: '13' }
  if (contract.allowsKeyInPlain) return { kind: 'bill_type', value: '18' }
  if (!contract.allowsKeyInVerified) return notContracted('키인결제')
  return {
    kind: 'missing',
    parts: missing,
    message: '이 채널의 키인결제에는 생년월일(사업자번호)과 카드 비밀번호 앞 2자리가 필요합니다.',
  }
}

const taxCodes = { taxable: '00', exempt: '01', mixed: '02' } as const satisfies Record<
  TaxSplit['mode'],
  string
>

function quota(instalmentMonths: number): string {
  return instalmentMonths <= 1 ? '00' : String(instalmentMonths).padStart(2, '0')
}

type Money = Pick<ChargeCardRequest, 'amountWon' | 'instalmentMonths' | 'tax'>

function moneyRefusal({ amountWon, instalmentMonths: months, tax }: Money): Refusal | null {
  if (!isAmountWon(amountWon) || amountWon === 0) {
    return malformed(
      'amount',
      `결제 금액은 1원 이상 ${formatWon(amountWonMax)} 이하의 정수여야 합니다.`,
    )
  }
  if (!Number.isInteger(months) || months < 0 || months > 12) {
    return malformed('instalments', '할부는 일시불(0) 또는 2~12개월만 가능합니다.')
  }
  if (months >= 2 && amountWon < instalmentAmountWonMin) {
    return malformed(
      'instalments',
      `할부는 ${formatWon(instalmentAmountWonMin)} 이상 결제에만 가능합니다. 요청하신 결제 금액: ${formatWon(amountWon)}, 할부: ${months}개월`,
    )
  }
  if (tax.mode === 'mixed' && (!isAmountWon(tax.taxFreeWon) || tax.taxFreeWon > amountWon)) {
    return malformed(
      'tax_free',
      `면세 금액은 결제 금액(${formatWon(amountWon)})보다 클 수 없습니다. 요청하신 면세 금액: ${formatWon(tax.taxFreeWon)}`,
    )
  }
  return null
}

// No source says which field carries the tax-free part here. A guess would be approved and taxed wrongly, in
// silence, so the payment is refused.
function mixedTaxRefusal({ amountWon, tax }: Money, method: string): Refusal | null {
  if (tax.mode !== 'mixed') return null
  return malformed(
    'tax_free',
    `${method}는 복합과세(과세·면세 혼합)를 지원하지 않습니다. 전액 과세 또는 전액 면세로만 결제할 수 있습니다. 결제 금액: ${formatWon(amountWon)}, 요청하신 면세 금액: ${formatWon(tax.taxFreeWon)}`,
  )
}

function notContracted(method: string): Refusal {
  return {
    kind: 'not_contracted',
    message: `이 채널의 계약으로는 ${method} 기능을 이용할 수 없습니다. PG사 계약 정보를 확인해 주세요.`,
  }
}

function malformed(part: RequestPart, message: string): Refusal {
  return { kind: 'malformed', part, message }
}
