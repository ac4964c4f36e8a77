// Fields of an execute step to a request that means something, or the first rule it breaks.

import { cardFacts, type CardFacts } from './card-check.ts'
import type { BillType, CardRoute, Contract } from './contracts.ts'
import { hashAutokey } from './ledger-entry.ts'
import type { Settings } from './settings.ts'
import type { Grant } from './tokens.ts'
import { eucKrLength, refused, type Fields, type Refused } from './wire-decoding.ts'
import { checkFormats, checkRequired, checkValues, type Operation } from './wire-fields.ts'

interface Order {
  readonly contract: Contract
  readonly paymethod: string
  readonly orderno: string
  /** 0 for a key issue that charges nothing. */
  readonly amountWon: number
  readonly billtype: string
  readonly quota: string
  readonly taxfreecd: string
}

interface TypedCard {
  readonly card: CardFacts
  /** YYYYMM. */
  readonly expiry: string
}

export interface KeyInRequest extends Order, TypedCard {
  readonly kind: 'key_in'
}

export interface KeyIssueRequest extends Order, TypedCard {
  readonly kind: 'key_issue'
  /** DIRECT_YN=Y: charge at once. */
  readonly direct: boolean
}

export interface KeyChargeRequest extends Order {
  readonly kind: 'key_charge'
  readonly autokey: string
  readonly keyHash: string
}

export interface CancelRequest {
  readonly kind: 'cancel'
  readonly contract: Contract
  readonly paymethod: string
  /** TRXID: the DAOUTRX of the approval. */
  readonly daoutrx: string
  readonly amountWon: number
  /** `[STOPREQ]`: stop the key instead of returning money. */
  readonly stopsKey: boolean
}

export type PaymentRequest = KeyInRequest | KeyIssueRequest | KeyChargeRequest
export type ExecuteRequest = PaymentRequest | CancelRequest

/** PAYMETHOD of approvals → what it does and over which route. */
export const approvalMethods: Readonly<
  Record<string, { readonly operation: Operation; readonly route: CardRoute }>
> = {
  'CARD-SUGI': { operation: 'SUGI', route: 'D' },
  'CARDK-SUGI': { operation: 'SUGI', route: 'K' },
  'CARD-KEYGEN': { operation: 'KEYGEN', route: 'D' },
  'CARDK-KEYGEN': { operation: 'KEYGEN', route: 'K' },
  'CARD-BATCH': { operation: 'BATCH', route: 'D' },
  'CARDK-BATCH': { operation: 'BATCH', route: 'K' },
}

const billTypesOf: Readonly<Record<Operation, readonly string[]>> = {
  SUGI: ['13', '18'],
  KEYGEN: ['14'],
  BATCH: ['14'],
  CANCEL: [],
}

export function readExecute(
  grant: Grant,
  fields: Fields,
  settings: Settings,
): ExecuteRequest | Refused {
  const broken = checkValues(fields, settings)
  if (broken !== null) return broken
  if ((fields['CPID'] ?? '') !== grant.contract.cpid) return refused('token_invalid', 'CPID')
  return grant.cancel ? readCancel(grant, fields, settings) : readPayment(grant, fields, settings)
}

function readPayment(grant: Grant, fields: Fields, settings: Settings): PaymentRequest | Refused {
  const method = approvalMethods[grant.paymethod]
  if (method === undefined || fields['PAYMETHOD'] !== grant.paymethod) {
    return refused('pay_method_refused', 'PAYMETHOD')
  }
  const { operation, route } = method
  const charges = operation !== 'KEYGEN' || fields['DIRECT_YN'] === 'Y'
  const order = readOrder(grant, fields, charges)
  const broken =
    checkRequired(operation, route, fields, settings) ??
    checkFormats(fields) ??
    checkContract(operation, grant.contract, fields) ??
    (charges ? checkMoney(order, fields, settings) : null)
  if (broken !== null) return broken
  if (operation === 'BATCH') {
    const autokey = fields['AUTOKEY'] ?? ''
    return { kind: 'key_charge', ...order, autokey, keyHash: hashAutokey(autokey) }
  }
  const typed = { card: cardFacts(fields['CARDNO'] ?? ''), expiry: fields['EXPIREDT'] ?? '' }
  if (operation === 'SUGI') return { kind: 'key_in', ...order, ...typed }
  return { kind: 'key_issue', ...order, ...typed, direct: fields['DIRECT_YN'] === 'Y' }
}

function readOrder(grant: Grant, fields: Fields, charges: boolean): Order {
  return {
    contract: grant.contract,
    paymethod: grant.paymethod,
    orderno: fields['ORDERNO'] ?? '',
    amountWon: charges ? Number(fields['AMOUNT'] ?? '0') : 0,
    billtype: fields['BILLTYPE'] ?? '',
    quota: optional(fields, 'QUOTA', '00'),
    taxfreecd: optional(fields, 'TAXFREECD', '00'),
  }
}

function checkContract(operation: Operation, contract: Contract, fields: Fields): Refused | null {
  const billType = fields['BILLTYPE'] ?? ''
  if (
    !billTypesOf[operation].includes(billType) ||
    !contract.billTypes.includes(billType as BillType)
  ) {
    return refused('bill_type_refused', 'BILLTYPE')
  }
  const productType = fields['PRODUCTTYPE'] ?? ''
  if (productType !== '' && !contract.productTypes.includes(productType as '1' | '2')) {
    return refused('product_type_refused', 'PRODUCTTYPE')
  }
  return null
}

/** Instalments are for 50,000 won and more (PortOne's PG page, PAYJOA's payment window). */
const instalmentMinWon = 50_000

function checkMoney(order: Order, fields: Fields, settings: Settings): Refused | null {
  if (order.amountWon === 0) return refused('invalid_parameter', 'AMOUNT')
  if (order.quota !== '00' && order.amountWon < instalmentMinWon) {
    return refused('instalment_refused', 'QUOTA')
  }
  const carried = order.paymethod === 'CARD-BATCH' || settings.mixedTaxField === 'productcode'
  if (order.taxfreecd === '02' && carried && !isPartOf(order.amountWon, fields['PRODUCTCODE'])) {
    return refused('invalid_parameter', 'PRODUCTCODE')
  }
  return null
}

const stopPrefix = '[STOPREQ]'
const reasonMax = 20

function readCancel(grant: Grant, fields: Fields, settings: Settings): CancelRequest | Refused {
  const broken = checkRequired('CANCEL', 'D', fields, settings) ?? checkFormats(fields)
  if (broken !== null) return broken
  const given = fields['CANCELREASON'] ?? ''
  const stopsKey =
    settings.stopRequest === 'stop_key' &&
    grant.paymethod === 'CARD-BATCH' &&
    given.startsWith(stopPrefix)
  if (!isReason(stopsKey ? given.slice(stopPrefix.length) : given, settings)) {
    return refused('invalid_parameter', 'CANCELREASON')
  }
  const amountWon = Number(fields['AMOUNT'])
  // A stop returns no money, and anything else must return some.
  if (stopsKey !== (amountWon === 0)) return refused('invalid_parameter', 'AMOUNT')
  if (!isPartOf(amountWon, optional(fields, 'TAXFREEAMT', '0'))) {
    return refused('invalid_parameter', 'TAXFREEAMT')
  }
  return {
    kind: 'cancel',
    contract: grant.contract,
    paymethod: grant.paymethod,
    daoutrx: fields['TRXID'] ?? '',
    amountWon,
    stopsKey,
  }
}

/** The merchant's part: `^`, `[` and `]` are the manual's own marks. */
function isReason(reason: string, settings: Settings): boolean {
  if (/[\^[\]]/.test(reason)) return false
  if (settings.overLong === 'accept') return true
  const length = settings.cancelReasonUnit === 'bytes' ? (eucKrLength(reason) ?? 0) : reason.length
  return length <= reasonMax
}

function isPartOf(amountWon: number, part: string | undefined): boolean {
  return /^(0|[1-9][0-9]{0,9})$/.test(part ?? '') && Number(part) <= amountWon
}

// An empty optional field is an absent one.
function optional(fields: Fields, name: string, absent: string): string {
  const value = fields[name] ?? ''
  return value === '' ? absent : value
}
