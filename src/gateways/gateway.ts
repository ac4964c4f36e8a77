// The port every payment gateway adapter implements. An adapter is stateless, keeps nothing, and
// never throws for a business result: each call answers with an outcome that says what was proved.

import type { MerchantId } from '../primitives/ids.ts'
import type { Secret } from '../primitives/secret.ts'

/**
 * Asked when all is ready and nothing has left: resolves when the call may leave, false when its turn does not come in
 * time. `method` is the gateway's name of it.
 */
export type Gate = (method: string) => Promise<boolean>

export interface ContractOwner {
  readonly merchantId: MerchantId
  readonly channelKey: string
}

/** What a gateway needs to speak for one contract. Built from a channel for the length of a call. */
export interface GatewayContract {
  /** PAYJOA: CPID. */
  readonly contractId: string
  /** PAYJOA: the payment link key (결제연동키), sent raw in Authorization. */
  readonly linkKey: Secret
  /** Scheme, host and optional port; `/pay/ready` is appended. */
  readonly baseUrl: string
  /** What the contract sells: PRODUCTTYPE 1 digital, 2 physical; fixed by the contract. */
  readonly productType: 'digital' | 'physical'
  /** `D`: the PG acquires by itself (CARD-*). `K`: routed through KCP (CARDK-*). */
  readonly cardRoute: 'D' | 'K'
  /** Key-in without birth and password (BILLTYPE 18). */
  readonly allowsKeyInPlain: boolean
  /** Key-in with birth (or business number) and password (BILLTYPE 13). */
  readonly allowsKeyInVerified: boolean
  /** Billing keys and charges by them (BILLTYPE 14). */
  readonly allowsBilling: boolean
  /** What to do with a character that EUC-KR cannot carry. */
  readonly unmappable: 'reject' | 'substitute'
  /** The channel it was made from; none, for a contract that is being tried out. */
  readonly owner?: ContractOwner | null
  /** Where calls of this contract wait for their turn; none, they need not. */
  readonly gate?: Gate | null
}

/** Card data as typed by the buyer. Lives in memory for one call; no part of it is ever stored or logged. */
export interface CardInput {
  /** Digits only. */
  readonly number: Secret
  /** YYYYMM. */
  readonly expiry: Secret
  /** YYMMDD, or a 10-digit business number for a corporate card. */
  readonly birth: Secret | null
  /** First two digits of the card's password. */
  readonly passwordTwoDigits: Secret | null
}

/** How the amount splits for value-added tax. */
export interface TaxSplit {
  /** TAXFREECD: 00 taxable, 01 exempt, 02 mixed. */
  readonly mode: 'taxable' | 'exempt' | 'mixed'
  /** Won; only meaningful for `mixed`. */
  readonly taxFreeWon: number
}

/** What every request that names an order carries. */
export interface OrderLines {
  /** ORDERNO: unique per attempt, so that evidence can be matched to one payment. */
  readonly orderNumber: string
  readonly productName: string
  readonly buyerName: string | null
  readonly buyerEmail: string | null
  /** USERID: the merchant's name for its customer. */
  readonly userId: string
  /** IPADDRESS: the buyer's IPv4 address. */
  readonly buyerIp: string
}

export interface IssueBillingKeyRequest {
  readonly order: OrderLines
  readonly card: CardInput
}

export interface ChargeCardRequest {
  readonly order: OrderLines
  readonly card: CardInput
  readonly amountWon: number
  /** 0 or 1: lump sum; 2–12: months. */
  readonly instalmentMonths: number
  readonly tax: TaxSplit
}

export interface ChargeBillingKeyRequest {
  readonly order: OrderLines
  /** AUTOKEY. */
  readonly gatewayKey: Secret
  readonly amountWon: number
  readonly instalmentMonths: number
  readonly tax: TaxSplit
}

export interface CancelRequest {
  /** DAOUTRX of the approval. */
  readonly transactionId: string
  /** How the money was taken; decides the cancel PAYMETHOD. */
  readonly takenBy: 'key_in' | 'billing_key'
  readonly amountWon: number
  readonly taxFreeWon: number
  readonly reason: string
}

/** The PG took the request and said no. Final. */
export interface Declined {
  readonly kind: 'declined'
  /** RESULTCODE, as sent. */
  readonly code: string
  /** ERRORMESSAGE, as sent. */
  readonly message: string
  /**
   * `card_invalid`: the card number itself was refused, which V1 answers with code -1 and no payment.
   * Shapes the answer only; no money rule depends on it.
   */
  readonly reason: 'declined' | 'card_invalid'
  readonly transactionId: string | null
}

/** Nothing that could move money left us: preflight, connect, or the ready step failed. May be tried again. */
export interface Unsent {
  readonly kind: 'unsent'
  readonly cause:
    | 'preflight' // the request cannot be carried by the wire, or by the rules of its channel
    | 'not_contracted' // the contract does not allow this method
    | 'connect' // DNS, TLS, refused, connect time-out
    | 'ready_failed' // the ready step timed out or answered garbage
    | 'ready_refused' // the ready step answered with a code
    | 'return_url_refused' // RETURNURL points outside the allow-list
    | 'over_rate' // the contract takes no more calls per second; its turn did not come in time
    | 'gateway_down' // it has not answered for a while: nothing is sent until it does
    | 'stopped' // the caller gave up before the execute step
  readonly code: string | null
  /** Korean, fit for the merchant. */
  readonly message: string
}

/** It may have happened. Only evidence settles it; the request is never sent again. */
export interface Unknown {
  readonly kind: 'unknown'
  readonly cause:
    | 'timeout'
    | 'reset'
    | 'http_status'
    | 'unparseable'
    | 'token_mismatch'
    | 'amount_mismatch'
    | 'order_mismatch'
    | 'missing_field'
    | 'gateway_uncertain' // RESULTCODE 9000, 9005, 9999
  readonly code: string | null
  readonly message: string
  /** DAOUTRX, when the answer carried one: precious when looking for evidence. */
  readonly transactionId: string | null
}

export interface ChargeApproved {
  readonly kind: 'approved'
  /** DAOUTRX. */
  readonly transactionId: string
  /** AUTHNO. */
  readonly approvalNumber: string | null
  /** AUTHDATE as an instant, milliseconds; null when absent or unreadable. */
  readonly approvedAtMs: number | null
  readonly issuer: CardIssuer | null
}

/** The adapter turns the PG's own issuer code (CARDCODE, e.g. CCLG) into this. */
export interface CardIssuer {
  /** KFTC standard code, three characters: V1's card_code. Null when the PG's code has none. */
  readonly code: string | null
  /** V1's card_name, e.g. `신한카드`. */
  readonly name: string
}

export interface BillingKeyIssued {
  readonly kind: 'approved'
  /** AUTOKEY, opaque. */
  readonly gatewayKey: Secret
  /** Null when the PG sent no issuer code, or one we do not know. */
  readonly issuer: CardIssuer | null
}

export interface Cancelled {
  readonly kind: 'approved'
  readonly transactionId: string | null
  readonly cancelledAtMs: number | null
}

export type ChargeOutcome = ChargeApproved | Declined | Unsent | Unknown
export type IssueOutcome = BillingKeyIssued | Declined | Unsent | Unknown
export type CancelOutcome = Cancelled | Declined | Unsent | Unknown
export type ProbeOutcome = { readonly kind: 'approved' } | Unsent

/**
 * What went over the wire, masked and fit to be kept as evidence. Card data, password digits, birth,
 * link key, TOKEN and AUTOKEY are replaced before this object is built.
 */
export interface ExchangeRecord {
  readonly method: string
  readonly ready: WireStep | null
  readonly execute: WireStep | null
}

export interface WireStep {
  readonly url: string
  readonly request: Readonly<Record<string, string>>
  readonly status: number | null
  readonly response: Readonly<Record<string, string>> | null
  /** Transport failure in words, when there was no usable answer. */
  readonly error: string | null
  readonly durationMs: number
}

export interface GatewayAnswer<Outcome> {
  readonly outcome: Outcome
  readonly exchange: ExchangeRecord
}

/** What of a request a refusal is about. Its name in the API is the caller's to know. */
export type RequestPart =
  | 'amount'
  | 'instalments'
  | 'tax_free'
  | 'product_name'
  | 'buyer_name'
  | 'buyer_email'
  | 'user_id'
  | 'card_number'
  | 'card_expiry'
  | 'card_birth'
  | 'card_password'

/**
 * Why a request is not made: the same one would be refused again. `message` is Korean, fit for the merchant: the
 * limit, and what was given where that is no secret.
 */
export type Refusal =
  /** The contract asks for more than was given. */
  | {
      readonly kind: 'missing'
      readonly parts: readonly RequestPart[]
      readonly message: string
    }
  /** The wire or the contract cannot carry this part. */
  | { readonly kind: 'malformed'; readonly part: RequestPart; readonly message: string }
  /** The contract does not allow the method. */
  | { readonly kind: 'not_contracted'; readonly message: string }
  /** Something of our own or of the contract's settings cannot travel; the request is not at fault. */
  | { readonly kind: 'bad_setting'; readonly message: string }

/**
 * Refuses, before anything is recorded or sent, what the contract or the wire cannot carry; null when the request
 * may be made. The same checks are made again by the call itself.
 */
export interface Preflight {
  issueBillingKey(contract: GatewayContract, request: IssueBillingKeyRequest): Refusal | null
  chargeCard(contract: GatewayContract, request: ChargeCardRequest): Refusal | null
  chargeBillingKey(contract: GatewayContract, request: ChargeBillingKeyRequest): Refusal | null
}

export interface Gateway {
  readonly preflight: Preflight
  /** Issues a billing key without charging (KEYGEN, DIRECT_YN=N). Moves no money whatever the outcome. */
  issueBillingKey(
    contract: GatewayContract,
    request: IssueBillingKeyRequest,
  ): Promise<GatewayAnswer<IssueOutcome>>
  /** Key-in payment (SUGI). */
  chargeCard(
    contract: GatewayContract,
    request: ChargeCardRequest,
  ): Promise<GatewayAnswer<ChargeOutcome>>
  /** Charge by billing key (BATCH). */
  chargeBillingKey(
    contract: GatewayContract,
    request: ChargeBillingKeyRequest,
  ): Promise<GatewayAnswer<ChargeOutcome>>
  cancel(contract: GatewayContract, request: CancelRequest): Promise<GatewayAnswer<CancelOutcome>>
  /** Proves the settings against the ready step of every method the contract allows. Moves no money. */
  probe(contract: GatewayContract): Promise<GatewayAnswer<ProbeOutcome>[]>
  /** Closes kept-alive connections. */
  close(): Promise<void>
}
