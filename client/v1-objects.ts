// What V1 answers, under V1's own names: a program written against V1's documents finds every field where it knows it
// from. Absent strings are null and absent times 0. Fields may be added by a server at any time.

/** Unix seconds; 0 where the event has not happened. */
export type UnixSeconds = number

export type PaymentStatus = 'ready' | 'paid' | 'failed' | 'cancelled'

export interface Cancellation {
  readonly pg_tid: string | null
  readonly amount: number
  readonly cancelled_at: UnixSeconds
  readonly reason: string | null
  readonly receipt_url: string | null
  readonly cancellation_id?: string | null
}

export interface Payment {
  readonly imp_uid: string
  readonly merchant_uid: string
  /** `ready` after a charge means that its outcome is not known yet. */
  readonly status: PaymentStatus
  readonly amount: number
  /** Given back so far. */
  readonly cancel_amount: number
  readonly currency: string
  readonly name: string | null
  readonly pay_method: string | null
  readonly channel: string
  readonly pg_provider: string | null
  readonly pg_id: string | null
  readonly pg_tid: string | null
  readonly emb_pg_provider: string | null
  readonly escrow: boolean
  readonly apply_num: string | null
  readonly bank_code: string | null
  readonly bank_name: string | null
  readonly card_code: string | null
  readonly card_name: string | null
  readonly card_issuer_code: string | null
  readonly card_issuer_name: string | null
  readonly card_publisher_code: string | null
  readonly card_publisher_name: string | null
  /** Masked. */
  readonly card_number: string | null
  /** Months; 0 is a lump sum. */
  readonly card_quota: number
  /** 0 credit, 1 debit. */
  readonly card_type: number | null
  readonly vbank_code: string | null
  readonly vbank_name: string | null
  readonly vbank_num: string | null
  readonly vbank_holder: string | null
  readonly vbank_date: UnixSeconds
  readonly vbank_issued_at: UnixSeconds
  readonly buyer_name: string | null
  readonly buyer_email: string | null
  readonly buyer_tel: string | null
  readonly buyer_addr: string | null
  readonly buyer_postcode: string | null
  /** What the merchant sent, as text; an object comes back as its JSON. */
  readonly custom_data: string | null
  readonly user_agent: string | null
  readonly started_at: UnixSeconds
  /** Kept after a cancel. */
  readonly paid_at: UnixSeconds
  readonly failed_at: UnixSeconds
  /** Of the last cancel. */
  readonly cancelled_at: UnixSeconds
  readonly fail_reason: string | null
  readonly cancel_reason: string | null
  readonly cancel_history: readonly Cancellation[]
  readonly cancel_receipt_urls: readonly string[]
  readonly receipt_url: string | null
  readonly cash_receipt_issued: boolean
  readonly customer_uid: string | null
  /** `issue`, `payment` or `payment.scheduled`. */
  readonly customer_uid_usage: string | null
  readonly promotion: { readonly id: string; readonly discount: number } | null
  readonly sandbox: boolean
}

export interface BalanceParts {
  readonly tax_free: number
  readonly supply: number
  readonly vat: number
  readonly service: number
}

interface BalanceColumns {
  readonly cash_receipt: BalanceParts
  readonly primary: BalanceParts
  readonly secondary: BalanceParts
  readonly discount: BalanceParts
}

export interface PaymentBalance extends BalanceColumns {
  readonly amount: number
  readonly histories: readonly (BalanceColumns & { readonly created?: UnixSeconds })[]
}

export interface PreparedPayment {
  readonly merchant_uid: string
  readonly amount: number
  readonly currency: string | null
}

/** What V1 calls a customer: a card that may be charged again. */
export interface BillingKey {
  readonly customer_uid: string
  readonly pg_provider: string
  readonly pg_id: string
  readonly sandbox: boolean
  readonly customer_id: string | null
  readonly card_name: string | null
  readonly card_code: string | null
  readonly card_issuer_code: string | null
  readonly card_issuer_name: string | null
  readonly card_publisher_code: string | null
  readonly card_publisher_name: string | null
  /** Masked. */
  readonly card_number: string | null
  readonly card_type: number | null
  readonly customer_name: string | null
  readonly customer_tel: string | null
  readonly customer_email: string | null
  readonly customer_addr: string | null
  readonly customer_postcode: string | null
  readonly inserted: UnixSeconds
  /** Equal to `inserted` for a new key; later when the card was replaced. */
  readonly updated: UnixSeconds
}

export type ScheduleStatus = 'scheduled' | 'executed' | 'revoked'

export interface Schedule {
  readonly customer_uid: string
  readonly merchant_uid: string
  /** Null until it is executed. */
  readonly imp_uid: string | null
  readonly customer_id: string | null
  readonly schedule_at: UnixSeconds
  readonly executed_at: UnixSeconds
  readonly revoked_at: UnixSeconds
  readonly amount: number
  readonly currency: string
  readonly name: string | null
  readonly buyer_name: string | null
  readonly buyer_email: string | null
  readonly buyer_tel: string | null
  readonly buyer_addr: string | null
  readonly buyer_postcode: string | null
  readonly schedule_status: ScheduleStatus
  /** Null before the attempt and while its outcome is unknown. */
  readonly payment_status: 'paid' | 'failed' | 'cancelled' | null
  readonly fail_reason: string | null
  readonly custom_data: string | null
}

/** One PG contract of the merchant. */
export interface Channel {
  readonly pg_provider: string
  readonly pg_id: string
  readonly sandbox: boolean
  readonly type: 'payment' | 'api_payment' | 'certification'
  readonly channel_name: string
  readonly channel_key: string
}

export interface StandardCode {
  readonly code: string
  readonly name: string
}

export interface Tier {
  readonly tier_code: string
  readonly tier_name: string
}

export interface Page<Item> {
  readonly total: number
  /** The number of the page before, 0 when there is none. */
  readonly previous: number
  /** The number of the page after, 0 when there is none. */
  readonly next: number
  readonly list: readonly Item[]
}
