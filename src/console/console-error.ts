// How the console's API refuses: an HTTP status, a code that the console translates, and an English sentence for whoever
// reads the API by hand. The list of codes is part of the contract, so that an untranslated one does not compile there.

export const consoleErrorCodes = [
  // The call itself.
  'bad_request',
  'bad_cursor',
  'not_found',
  'method_not_allowed',
  'too_large',
  'unsupported_media_type',
  'too_many_requests',
  'internal_error',
  // Who calls.
  'not_signed_in',
  'wrong_credentials',
  'wrong_totp_code',
  'locked_out',
  'tls_required',
  'csrf_refused',
  'forbidden',
  'password_change_required',
  'totp_setup_required',
  'weak_password',
  'same_password',
  'email_unfit',
  'wrong_password',
  'totp_already_on',
  'totp_not_begun',
  'totp_demanded',
  'operator_taken',
  'last_owner',
  'own_account',
  // What the state forbids.
  'sandbox_only',
  'channel_refused',
  'channel_disabled',
  'key_revoked',
  'report_unavailable',
  'day_out_of_range',
  'discrepancy_resolved',
  'clock_has_live_channel',
  'clock_not_frozen',
  'clock_advancing',
  'clock_out_of_range',
  'payment_not_paid',
  'payment_not_unknown',
  'verdict_too_early',
  'transaction_id_missing',
  'cancel_not_unknown',
  'cancel_fully_cancelled',
  'cancel_checksum_mismatch',
  'cancel_outcome_awaited',
  'cancel_over_balance',
  'cancel_tax_free_unfit',
  'cancel_contended',
  'held_after_restore',
  'cancel_failed',
  'export_too_large',
  'billing_key_has_schedules',
  'card_refused',
  'charge_refused',
  'schedule_not_scheduled',
  'schedule_not_repeatable',
  'schedule_uid_taken',
  'schedule_in_past',
  'nothing_chosen',
  'webhook_address_refused',
  'webhook_no_address',
  'webhook_being_sent',
  'webhook_endpoint_paused',
  'webhook_endpoint_not_paused',
  'webhook_old_secret_live',
  'webhook_no_old_secret',
  'webhook_none_for_payment',
] as const

export type ConsoleErrorCode = (typeof consoleErrorCodes)[number]

/** What is wrong with one parameter. */
export const fieldFaults = [
  'missing',
  'unknown',
  'malformed',
  'too_small',
  'too_large',
  'too_short',
  'too_long',
] as const

export type FieldFault = (typeof fieldFaults)[number]

export interface ConsoleRefusal {
  readonly status: number
  readonly code: ConsoleErrorCode
  readonly message: string
  /** By parameter: what is wrong with it. */
  readonly fields?: Readonly<Record<string, FieldFault>> | null
  readonly headers?: Readonly<Record<string, string>>
}

export class ConsoleError extends Error {
  override name = 'ConsoleError'
  readonly refusal: ConsoleRefusal

  constructor(refusal: ConsoleRefusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}

/** What the state forbids: 409. */
export function consoleRefusal(code: ConsoleErrorCode, message: string): ConsoleError {
  return new ConsoleError({ status: 409, code, message })
}

/** Nothing of this merchant has that name. */
export function notFound(what: string): ConsoleError {
  return new ConsoleError({ status: 404, code: 'not_found', message: `There is no such ${what}.` })
}

/** A parameter that is an instant, in milliseconds. */
export function readInstant(field: string, text: string): number {
  const atMs = Date.parse(text)
  // The format takes a leap second; JavaScript does not.
  if (Number.isNaN(atMs)) throw badField(field, 'malformed', `${field} is no instant.`)
  return atMs
}

/** A parameter that is well-formed and still cannot be meant. */
export function badField(field: string, fault: FieldFault, message: string): ConsoleError {
  return new ConsoleError({
    status: 400,
    code: 'bad_request',
    message,
    fields: { [field]: fault },
  })
}

export function renderConsoleError(refusal: ConsoleRefusal, requestId: string): string {
  const { code, message, fields = null } = refusal
  return JSON.stringify({ error: { code, message, fields, requestId } })
}
