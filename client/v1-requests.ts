// What V1 takes, under V1's own names. Optional fields may be undefined as well as absent, except where that would
// mean more money (see CancelRequest).

export interface CardFields {
  /** Anything but digits is dropped. */
  readonly card_number: string
  /** `YYYY-MM`. */
  readonly expiry: string
  /** Six digits, or the ten of a business number. */
  readonly birth?: string | undefined
  /** The first two digits of the card's password. */
  readonly pwd_2digit?: string | undefined
  readonly cvc?: string | undefined
}

/** Says that no card is given; half a card does not compile. */
interface NoCardFields {
  readonly card_number?: undefined
  readonly expiry?: undefined
}

export interface BuyerFields {
  readonly buyer_name?: string | undefined
  readonly buyer_email?: string | undefined
  readonly buyer_tel?: string | undefined
  readonly buyer_addr?: string | undefined
  readonly buyer_postcode?: string | undefined
}

/** What onetime, again and the entries of a schedule have in common. */
export interface OrderFields extends BuyerFields {
  readonly merchant_uid: string
  /** Won, whole. */
  readonly amount: number
  readonly currency?: string | undefined
  readonly tax_free?: number | undefined
  readonly vat_amount?: number | undefined
  readonly name?: string | undefined
  /** Months, 2 or more; 0 is a lump sum. */
  readonly card_quota?: number | undefined
  readonly interest_free_by_merchant?: boolean | undefined
  readonly use_card_point?: boolean | undefined
  /** An object is sent as its JSON, which is how both servers keep it. */
  readonly custom_data?: string | Readonly<Record<string, unknown>> | undefined
  /** Takes the place of the webhook address for this payment. */
  readonly notice_url?: string | undefined
  readonly browser_ip?: string | undefined
  readonly product_type?: 'real' | 'digital' | undefined
  readonly promotion_id?: string | undefined
  readonly bypass?: string | undefined
}

export interface OnetimeRequest extends OrderFields, CardFields {
  /** With it the card is kept as a billing key too, if the payment is approved. */
  readonly customer_uid?: string | undefined
  readonly pg?: string | undefined
  readonly channel_key?: string | undefined
  readonly channelGroupId?: string | undefined
}

/** By card number and expiry alone. */
export type ForeignRequest = Omit<OnetimeRequest, 'birth' | 'pwd_2digit'>

export interface AgainRequest extends OrderFields {
  readonly customer_uid: string
  readonly channel_key?: string | undefined
  readonly product_count?: number | undefined
  readonly cash_receipt_type?: 'person' | 'company' | 'anonymous' | undefined
}

export interface ScheduleEntry extends OrderFields {
  /** Unix seconds, in the future. */
  readonly schedule_at: number
  readonly product_count?: number | undefined
  readonly cash_receipt_type?: 'person' | 'company' | 'anonymous' | undefined
}

interface ScheduleBase {
  readonly customer_uid: string
  readonly schedules: readonly ScheduleEntry[]
  /** Tried on the card and given back at once, in won. */
  readonly checking_amount?: number | undefined
  readonly customer_id?: string | undefined
  readonly channel_key?: string | undefined
  readonly pg?: string | undefined
}

/** The card is needed for a customer_uid that has no billing key yet. */
export type ScheduleRequest = ScheduleBase & (CardFields | NoCardFields)

/** By customer alone: everything that customer has pending. */
export type UnscheduleRequest =
  | { readonly customer_uid: string; readonly merchant_uid?: string | readonly string[] }
  | { readonly customer_uid?: string; readonly merchant_uid: string | readonly string[] }

export interface RegisterRequest extends CardFields {
  readonly pg?: string | undefined
  readonly channel_key?: string | undefined
  readonly customer_id?: string | undefined
  readonly customer_name?: string | undefined
  readonly customer_tel?: string | undefined
  readonly customer_email?: string | undefined
  readonly customer_addr?: string | undefined
  readonly customer_postcode?: string | undefined
  readonly browser_ip?: string | undefined
}

export interface CancelFields {
  /**
   * Won, above 0. Leave it out to give back all that remains; an `amount: undefined` is refused, since to V1 an
   * absent amount, null and 0 are all of it.
   */
  readonly amount?: number
  readonly tax_free?: number | undefined
  readonly vat_amount?: number | undefined
  /** What can still be given back, as the caller knows it; when it is another, nothing is. */
  readonly checksum?: number
  readonly reason?: string | undefined
  readonly enable_webhook?: boolean | undefined
  readonly refund_holder?: string | undefined
  readonly refund_bank?: string | undefined
  readonly refund_account?: string | undefined
  readonly refund_tel?: string | undefined
  readonly retain_promotion?: boolean | undefined
  readonly extra?: { readonly requester?: 'customer' | 'admin' | undefined } | undefined
}

/** Two names for one payment would leave open which is meant. */
export type CancelRequest = CancelFields &
  (
    | { readonly imp_uid: string; readonly merchant_uid?: undefined }
    | { readonly merchant_uid: string; readonly imp_uid?: undefined }
  )

export interface PrepareRequest {
  readonly merchant_uid: string
  readonly amount: number
  readonly currency?: string | undefined
}

export type PaymentStatusFilter = 'all' | 'ready' | 'paid' | 'failed' | 'cancelled'

export type PaymentSorting = '-started' | 'started' | '-paid' | 'paid' | '-updated' | 'updated'

export interface FindRequest {
  readonly status?: PaymentStatusFilter | undefined
  /** Default `-started`: the newest first. */
  readonly sorting?: PaymentSorting | undefined
}

export interface FindAllRequest extends FindRequest {
  readonly page?: number | undefined
  readonly limit?: number | undefined
}

export interface ListPaymentsRequest {
  readonly status: PaymentStatusFilter
  /** Unix seconds; with `to` at most 90 days. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly sorting?: PaymentSorting | undefined
  readonly page?: number | undefined
  readonly limit?: number | undefined
}

/** At most 100 names together. */
export type GetManyRequest =
  | { readonly imp_uid: readonly string[]; readonly merchant_uid?: readonly string[] }
  | { readonly imp_uid?: readonly string[]; readonly merchant_uid: readonly string[] }

export interface ListSchedulesRequest {
  /** Unix seconds; the span is at most 3 months, `schedule_to` not included. */
  readonly schedule_from: number
  readonly schedule_to: number
  readonly schedule_status?: 'scheduled' | 'executed' | 'revoked' | undefined
  /** The earliest first; else the latest. */
  readonly sorting?: 'scheduled' | undefined
  readonly page?: number | undefined
  readonly limit?: number | undefined
}

export interface CustomerSchedulesRequest {
  readonly from: number
  readonly to: number
  readonly schedule_status?: 'scheduled' | 'executed' | 'revoked' | undefined
  readonly page?: number | undefined
}

/** What a call may be told besides its parameters. */
export interface CallOptions {
  /** Ends the waiting. What has left by then may still be carried out; the result says so. */
  readonly signal?: AbortSignal | undefined
}

export interface MutationOptions extends CallOptions {
  /** 1 to 255 characters of ASCII without spaces. Default: a random one for each call. */
  readonly idempotencyKey?: string | undefined
}
