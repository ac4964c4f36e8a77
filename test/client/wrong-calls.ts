// Calls that must not compile: each comment below asks the compiler for an error and is one itself when there is none.
// Checked by 'npm run types' against the sources, and against the packed types by package.test.ts.

import { type ChargeOutcome, type Client, createClient, type Payment } from '../../client/client.ts'

export async function wrongCalls(client: Client, outcome: ChargeOutcome): Promise<void> {
  // @ts-expect-error the secret is missing
  createClient({ baseUrl: 'https://billkey.example.com', impKey: 'key' })

  // @ts-expect-error no amount
  await client.subscribe.again({ customer_uid: 'customer', merchant_uid: 'order' })

  // @ts-expect-error an amount is a number
  await client.subscribe.again({ customer_uid: 'customer', merchant_uid: 'order', amount: '3000' })

  // @ts-expect-error no card
  await client.subscribe.onetime({ merchant_uid: 'order', amount: 3000 })

  // @ts-expect-error V1 spells its names with underscores
  await client.subscribe.again({ customerUid: 'customer', merchant_uid: 'order', amount: 3000 })

  // @ts-expect-error half a card
  await client.subscribe.schedule({
    customer_uid: 'customer',
    card_number: '9366-0000-0090-0000',
    schedules: [{ merchant_uid: 'order', schedule_at: 1_900_000_000, amount: 5900 }],
  })

  // @ts-expect-error an entry without a time
  const timeless: Parameters<typeof client.subscribe.schedule>[0]['schedules'][number] = {
    merchant_uid: 'order',
    amount: 5900,
  }
  // @ts-expect-error neither customer nor order: revoke what?
  await client.subscribe.unschedule({})

  // @ts-expect-error neither name: cancel what?
  await client.payments.cancel({ amount: 1000 })

  // @ts-expect-error two names for one payment
  await client.payments.cancel({ imp_uid: 'imps_1', merchant_uid: 'order' })

  // @ts-expect-error no such status
  await client.payments.list({ status: 'canceled' })

  // @ts-expect-error a key for a look-up, which needs none
  await client.payments.get('imps_1', { idempotencyKey: 'key' })

  // @ts-expect-error an outcome is no payment before its kind was looked at
  const payment: Payment = outcome.payment

  // @ts-expect-error a failed payment is not 'declined' here
  if (outcome.kind === 'declined') return

  void [timeless, payment]
}

/** Compiles only while these are all the kinds: a new one must be handled by every caller. */
export function everyKindIsHandled(outcome: ChargeOutcome): string {
  switch (outcome.kind) {
    case 'paid':
      return outcome.payment.imp_uid
    case 'failed':
      return outcome.payment.fail_reason ?? ''
    case 'cancelled':
      return String(outcome.payment.cancel_amount)
    case 'unknown':
      return outcome.idempotencyKey
  }
}
