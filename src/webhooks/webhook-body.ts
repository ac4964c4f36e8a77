// The body of a webhook, byte for byte as V1 sends it: imp_uid, merchant_uid, status, and cancellation_id on
// cancels. Nothing else: merchants look the payment up with GET /payments/{imp_uid}.

import type { WebhookEvent, WebhookFormat } from './webhook.ts'

export interface WebhookBody {
  readonly contentType: string
  readonly text: string
}

export function webhookBody(event: WebhookEvent, format: WebhookFormat): WebhookBody {
  const fields: Record<string, string> = {
    imp_uid: event.impUid,
    merchant_uid: event.merchantUid,
    status: event.status,
    ...(event.cancellationId === null ? {} : { cancellation_id: event.cancellationId }),
  }
  return format === 'json'
    ? { contentType: 'application/json', text: JSON.stringify(fields) }
    : {
        contentType: 'application/x-www-form-urlencoded',
        text: new URLSearchParams(fields).toString(),
      }
}

/**
 * What V1's console sends for 호출 테스트 (call test). Receivers in the wild know it by these very values and
 * answer it without looking the payment up.
 */
export const testEvent: WebhookEvent = {
  impUid: 'imp_1234567890',
  merchantUid: 'merchant_1234567890',
  status: 'ready',
  cancellationId: null,
}
