// What a gateway says of its own accord: notifications, and the file of a day's transactions. The port beside
// gateway.ts; the adapter decodes, reconciliation/ decides what it proves.

import type { Secret } from '../primitives/secret.ts'
import type { CardIssuer } from './gateway.ts'

/** One fact the gateway tells of: money taken, or given back. Whether it is ours is not judged here. */
export interface GatewayFact {
  readonly kind: 'approval' | 'cancel'
  /** PAYJOA: CPID. */
  readonly contractId: string
  /** DAOUTRX; of a cancel, as PAYJOA sends it, which may be the approval's. */
  readonly transactionId: string
  /** ORDERNO of the approval. */
  readonly orderNumber: string
  /** Won, always positive. */
  readonly amountWon: number
  /** The gateway's own time as an instant, milliseconds; null when absent or unreadable. */
  readonly happenedAtMs: number | null
}

export interface GatewayNotification extends GatewayFact {
  /** AUTHNO. */
  readonly approvalNumber: string | null
  readonly issuer: CardIssuer | null
  /** The parameters as sent, masked and fit to be kept as evidence. */
  readonly record: Readonly<Record<string, string>>
}

export type NotificationReading =
  | { readonly kind: 'notification'; readonly notification: GatewayNotification }
  /** It cannot be what it claims to be; `record` is masked. */
  | {
      readonly kind: 'unreadable'
      readonly reason: string
      readonly record: Readonly<Record<string, string>>
    }

/** What fetching a day's file needs. Built from a channel for the length of a call. */
export interface ReportContract {
  readonly contractId: string
  /** Scheme, host and optional port of the gateway's admin. */
  readonly baseUrl: string
  readonly password: Secret
}

export interface TransactionReport {
  readonly kind: 'report'
  readonly facts: readonly GatewayFact[]
  /** Lines that say something and could not be read; absence from such a file proves nothing. */
  readonly unreadableLines: number
  /** SHA-256 of the bytes, hexadecimal. */
  readonly digest: string
}

export type ReportAnswer =
  | TransactionReport
  /** Not to be had now, refused, or not a whole file. `reason` is in words, without secrets. */
  | { readonly kind: 'unavailable'; readonly reason: string }

/** Stateless, like the gateway. Neither throws for what the gateway or the network does. */
export interface EvidenceSource {
  /** Reads a notification's raw query string (percent-encoded, of whatever charset the gateway uses). */
  readNotification(query: string): NotificationReading
  /** The body that says a notification was taken, and the one that asks for it again. */
  readonly acknowledgement: string
  readonly refusal: string
  /** The transactions of one day in Korea, `yyyymmdd`. */
  fetchReport(contract: ReportContract, day: string): Promise<ReportAnswer>
}
