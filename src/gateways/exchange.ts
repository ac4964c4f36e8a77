// An exchange is one request and answer with the gateway: begun before a byte leaves, ended after, kept masked.

import type {
  CancelOutcome,
  ChargeOutcome,
  ExchangeRecord,
  GatewayAnswer,
  IssueOutcome,
} from './gateway.ts'

export interface ExchangeStart {
  /** UUIDv7, so that exchanges of a merchant are stored in the order they happened. */
  readonly exchangeId: string
  readonly purpose: 'issue' | 'charge' | 'cancel'
  /** ORDERNO. */
  readonly orderNumber: string
  readonly amountWon: number
}

export interface ExchangeEnd {
  readonly exchangeId: string
  readonly outcome: 'approved' | 'declined' | 'unsent' | 'unknown'
  readonly cause: string | null
  readonly resultCode: string | null
  readonly resultMessage: string | null
  readonly transactionId: string | null
  readonly record: ExchangeRecord
}

/** What is kept of an answer. */
export function endOf(
  exchangeId: string,
  answer: GatewayAnswer<ChargeOutcome | IssueOutcome | CancelOutcome>,
): ExchangeEnd {
  const { outcome, exchange: record } = answer
  const base = { exchangeId, outcome: outcome.kind, record }
  switch (outcome.kind) {
    case 'approved':
      return {
        ...base,
        cause: null,
        resultCode: '0000',
        resultMessage: null,
        transactionId: 'transactionId' in outcome ? outcome.transactionId : null,
      }
    case 'declined':
      return {
        ...base,
        cause: outcome.reason,
        resultCode: outcome.code,
        resultMessage: outcome.message,
        transactionId: outcome.transactionId,
      }
    case 'unsent':
      return {
        ...base,
        cause: outcome.cause,
        resultCode: outcome.code,
        resultMessage: outcome.message,
        transactionId: null,
      }
    case 'unknown':
      return {
        ...base,
        cause: outcome.cause,
        resultCode: outcome.code,
        resultMessage: outcome.message,
        transactionId: outcome.transactionId,
      }
  }
}
