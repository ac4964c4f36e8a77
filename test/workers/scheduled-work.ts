// Waits for the worker of schedules without guessing how long it takes, and reads what it left.

import { adHocSql } from '../../src/db/database.ts'
import type { PaymentView } from '../../src/payments/payment-view.ts'
import type { ScheduleView } from '../../src/schedules/schedule-view.ts'
import { lookUp } from '../api/reservations.ts'
import { paymentOf } from '../api/replies.ts'
import { eventually } from '../faults/eventually.ts'
import type { TestApp, TestMerchant } from '../support/app.ts'

/** The schedule once its attempt has ended, whichever way. */
export function executed(merchant: TestMerchant, merchantUid: string): Promise<ScheduleView> {
  return eventually(`the end of ${merchantUid}`, async () => {
    const schedule = await lookUp(merchant, merchantUid)
    return schedule.payment_status === null ? undefined : schedule
  })
}

/** The payment a schedule names. */
export async function paymentBy(
  merchant: TestMerchant,
  { imp_uid: impUid }: ScheduleView,
): Promise<PaymentView> {
  return paymentOf(await merchant.call('GET', `/payments/${impUid}`))
}

const listWebhooks = adHocSql(
  `select status, url_override as url from webhooks
   where merchant_id = $1 and merchant_uid = $2 order by created_at, webhook_id`,
)

export interface Told {
  readonly status: string
  readonly url: string | null
}

/** The events of a merchant_uid, in the order they were written. */
export async function webhooksOf(
  { parts }: TestApp,
  { merchantId }: TestMerchant,
  merchantUid: string,
): Promise<Told[]> {
  return (await parts.db.query<Told>(listWebhooks, [merchantId, merchantUid])).rows
}

const countOpen = adHocSql(
  `select count(*) filter (where state in ('scheduled', 'executing')) as open from schedules`,
)

/** Waits until no more than `count` are still to be executed or under way. */
export async function openSchedules({ parts }: TestApp, count = 0): Promise<void> {
  await eventually(`the end of all but ${count} schedules`, async () => {
    const { rows } = await parts.db.query<{ open: number }>(countOpen)
    return rows[0]?.open === count ? true : undefined
  })
}
