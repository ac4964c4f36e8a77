// What a webhook is: one fact about a payment, and the endpoint that wants to know it.

import type { MerchantId } from '../primitives/ids.ts'

export type WebhookFormat = 'json' | 'form'
export type WebhookState = 'pending' | 'held' | 'delivered' | 'given_up'
export type WebhookStatus = 'ready' | 'paid' | 'failed' | 'cancelled'
export type PauseReason = 'failing' | 'gone'

/** V1 keeps one address for live payments and one for sandbox ones. */
export interface EndpointName {
  readonly merchantId: MerchantId
  readonly sandbox: boolean
}

export interface Endpoint extends EndpointName {
  /** `live` or `sandbox`: the name its secrets are sealed for. */
  readonly mode: string
  /** Null: none was set; the row only holds the secret for deliveries to a notice_url. */
  readonly url: string | null
  readonly format: WebhookFormat
  readonly sendsFailures: boolean
  readonly secretSealed: Buffer
  readonly secretPreviousSealed: Buffer | null
  readonly failingSinceMs: number | null
  readonly pausedAtMs: number | null
  readonly pauseReason: PauseReason | null
}

/** The fact a body tells of. */
export interface WebhookEvent {
  readonly impUid: string
  readonly merchantUid: string
  readonly status: WebhookStatus
  /** Only on cancels. */
  readonly cancellationId: string | null
}

export interface Webhook extends WebhookEvent {
  readonly merchantId: MerchantId
  readonly webhookId: string
  readonly sandbox: boolean
  /** The payment's notice_url; null: the endpoint's address. */
  readonly urlOverride: string | null
  readonly state: WebhookState
  readonly attemptCount: number
  readonly retryStep: number
  readonly dueAtMs: number | null
  readonly createdAtMs: number
  readonly deliveredAtMs: number | null
  /** The archive with its attempts; null: they are in the database. */
  readonly archiveId: string | null
}

/** What the vault binds an endpoint's secrets to, beside the merchant and the mode. */
export const webhookSecretPurpose = 'webhook_secret'
