// The merchants' shop: takes webhooks over real HTTP, or is down, as the run has it.

import {
  answerWith,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../support/webhook-receiver.ts'

export interface Shop {
  readonly receiver: WebhookReceiver
  /** Only what it took counts as received. */
  readonly taken: () => { url: string; headers: Record<string, string>; body: string }[]
  set(isUp: boolean): void
  readonly isUp: () => boolean
  forget(): void
}

export async function startShop(): Promise<Shop> {
  const receiver = await startWebhookReceiver()
  let taken: ReturnType<Shop['taken']> = []
  let isUp = true
  receiver.answer(async (response, { target, headers, body }) => {
    if (isUp) taken.push({ url: target, headers: headers as Record<string, string>, body })
    await answerWith(isUp ? 200 : 503)(response, { method: 'POST', target, headers, body })
  })
  return {
    receiver,
    taken: () => taken,
    isUp: () => isUp,
    set(wanted) {
      isUp = wanted
    },
    forget() {
      taken = []
      receiver.received.length = 0
      isUp = true
    },
  }
}
