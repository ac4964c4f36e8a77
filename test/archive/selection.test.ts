// What is not over is left alone, whatever else is old. Each case is a payment that was paid and told of two years ago,
// with one thing about it that is still open.

import assert from 'node:assert/strict'
import { access } from 'node:fs/promises'
import { after, before, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { openOldShop, type OldShop } from './old-shop.ts'

const ofWebhook = `update webhooks set delivered_at = null, due_at =`
const young = `'2024-04-02T00:00:00Z'`

/** What happens to the payment $2 of merchant $1, and what ends it again. */
const open: readonly (readonly [name: string, begins: string, ends: string])[] = [
  [
    'its outcome is unknown',
    `update payments set state = 'unknown', paid_at = null where merchant_id = $1 and imp_uid = $2`,
    `update payments set state = 'paid', paid_at = started_at where merchant_id = $1 and imp_uid = $2`,
  ],
  [
    'it is being sent',
    `update payments set state = 'sending', paid_at = null, lease_until = started_at
     where merchant_id = $1 and imp_uid = $2`,
    `update payments set state = 'paid', paid_at = started_at, lease_until = null
     where merchant_id = $1 and imp_uid = $2`,
  ],
  [
    'a cancel is unknown',
    `insert into cancels (merchant_id, cancel_id, imp_uid, state, amount, enable_webhook, started_at, updated_at)
     select merchant_id, gen_random_uuid(), imp_uid, 'unknown', 1, false, started_at, started_at from payments
     where merchant_id = $1 and imp_uid = $2`,
    `update cancels set state = 'failed', failure = 'evidence' where merchant_id = $1 and imp_uid = $2`,
  ],
  [
    'money is reserved for a cancel',
    `update payments set cancel_reserved = 1 where merchant_id = $1 and imp_uid = $2`,
    `update payments set cancel_reserved = 0 where merchant_id = $1 and imp_uid = $2`,
  ],
  [
    'it has still to be given back',
    `update payments set give_back = 'told' where merchant_id = $1 and imp_uid = $2`,
    `update payments set give_back = null where merchant_id = $1 and imp_uid = $2`,
  ],
  [
    'it proved a card and has still to be given back',
    `update payments set purpose = 'card_check' where merchant_id = $1 and imp_uid = $2`,
    `update payments set purpose = 'order' where merchant_id = $1 and imp_uid = $2`,
  ],
  [
    'its exchange has no answer that proves anything',
    `update exchanges set outcome = 'unknown' where merchant_id = $1 and imp_uid = $2`,
    `update exchanges set outcome = 'approved' where merchant_id = $1 and imp_uid = $2`,
  ],
  [
    'a discrepancy is open',
    `insert into discrepancies (merchant_id, discrepancy_id, kind, channel_key, order_number, amount, detail, raised_at)
     select merchant_id, gen_random_uuid(), 'charged_twice', channel_key, imp_uid, amount, 'x', started_at
     from payments where merchant_id = $1 and imp_uid = $2`,
    `update discrepancies set resolved_at = raised_at, resolved_by = 'x', resolution = 'x'
     where merchant_id = $1 and order_number = $2`,
  ],
  [
    'its schedule is being executed',
    `insert into schedules (merchant_id, schedule_id, merchant_uid, customer_uid, state, schedule_at, due_at, amount,
       name, buyer_ip, imp_uid, created_at, executed_at, updated_at)
     select merchant_id, gen_random_uuid(), merchant_uid, 'x', 'executing', started_at, started_at, amount, 'x', '::1',
       imp_uid, started_at, started_at, started_at
     from payments where merchant_id = $1 and imp_uid = $2`,
    `update schedules set state = 'executed' where merchant_id = $1 and imp_uid = $2`,
  ],
  [
    'its webhook waits to be sent again',
    `${ofWebhook} created_at, state = 'pending' where merchant_id = $1 and imp_uid = $2`,
    `${ofWebhook} null, state = 'given_up' where merchant_id = $1 and imp_uid = $2`,
  ],
  [
    'its webhook is held',
    `${ofWebhook} null, state = 'held' where merchant_id = $1 and imp_uid = $2`,
    `${ofWebhook} null, state = 'given_up' where merchant_id = $1 and imp_uid = $2`,
  ],
  [
    'what the gateway told of it is to be judged anew',
    `insert into gateway_facts (merchant_id, fact_key, channel_key, source, kind, order_number, transaction_id, amount,
       record, received_at, waits)
     select merchant_id, 'x', channel_key, 'notification', 'approval', imp_uid, 'CTS1', amount, '{}', started_at, true
     from payments where merchant_id = $1 and imp_uid = $2`,
    `update gateway_facts set waits = false where merchant_id = $1 and order_number = $2`,
  ],
  [
    'a key still waits for its end',
    `insert into pending_billing_keys (merchant_id, imp_uid, customer_uid, channel_key, pg_id, sandbox,
       gateway_key_sealed, card_number_masked, issued_at)
     select merchant_id, imp_uid, 'x', channel_key, pg_id, sandbox, 'x', 'x', started_at
     from payments where merchant_id = $1 and imp_uid = $2`,
    `delete from pending_billing_keys where merchant_id = $1 and imp_uid = $2`,
  ],
  [
    'it was begun too late',
    `update payments set started_at = ${young} where merchant_id = $1 and imp_uid = $2`,
    `update payments set started_at = paid_at where merchant_id = $1 and imp_uid = $2`,
  ],
  [
    'it has changed since',
    `update payments set updated_at = ${young} where merchant_id = $1 and imp_uid = $2`,
    `update payments set updated_at = started_at where merchant_id = $1 and imp_uid = $2`,
  ],
  [
    'it was answered since',
    `update exchanges set finished_at = ${young} where merchant_id = $1 and imp_uid = $2`,
    `update exchanges set finished_at = started_at where merchant_id = $1 and imp_uid = $2`,
  ],
  [
    'it was told of since',
    `update webhooks set updated_at = ${young} where merchant_id = $1 and imp_uid = $2`,
    `update webhooks set updated_at = created_at where merchant_id = $1 and imp_uid = $2`,
  ],
]

let shop: OldShop
before(async () => {
  shop = await openOldShop()
})
after(() => shop.close())

async function change(text: string, impUid: string): Promise<void> {
  const values = [shop.merchant.merchantId, impUid]
  assert.equal((await shop.app.parts.db.query(adHocSql(text), values)).rowCount, 1, text)
}

async function wholeOnes(): Promise<string[]> {
  const { rows } = await shop.app.parts.db.query<{ impUid: string }>(
    adHocSql(`select imp_uid as "impUid" from exchanges where record is not null
      intersect select w.imp_uid from webhooks w join webhook_attempts a using (webhook_id)`),
  )
  return rows.map(({ impUid }) => impUid)
}

const beforeDay = ['--before', '2024-04-01'] as const

test('only payments that have ended are archived, and the others once they have', async () => {
  const impUids = new Map<string, string>()
  for (const [name] of open) impUids.set(name, await shop.pay())
  const ended = await shop.pay()
  await shop.deliver()
  for (const [name, begins] of open) await change(begins, impUids.get(name) ?? '')
  const estimate = await shop.said('archive', 'estimate', ...beforeDay)
  assert.match(
    estimate,
    /^would be archived: 1 payment of 1 merchant, 1 record and 1 webhook attempt;/,
  )
  assert.match(
    await shop.said('archive', shop.pathOf('one'), ...beforeDay),
    /1 record and 1 webhook/,
  )
  const whole = new Set(await wholeOnes())
  for (const [name, impUid] of impUids) assert.ok(whole.has(impUid), name)
  assert.equal(whole.has(ended), false)
  for (const [name, , ends] of open) await change(ends, impUids.get(name) ?? '')
  const said = await shop.said('archive', shop.pathOf('two'), ...beforeDay)
  assert.match(said, new RegExp(`${open.length} records and ${open.length} webhook attempts were`))
  assert.deepEqual(await wholeOnes(), [])
})

test('what has opened again between file and thinning is left in the tables', async () => {
  const impUids = new Map<string, string>()
  for (const [name] of open) impUids.set(name, await shop.pay())
  await shop.deliver()
  const file = shop.pathOf('three')
  await shop.said('archive', file, ...beforeDay, '--keep')
  // Two of the earlier cases have left a row of the same key.
  await shop.app.parts.db.query(adHocSql(`delete from gateway_facts`))
  for (const [name, begins] of open) await change(begins, impUids.get(name) ?? '')
  const said = await shop.said('archive', 'thin', file)
  // What was begun too late for another archive was in time for this one.
  assert.match(said, /: 1 record and 1 webhook attempt were .*; 16 left as they are/)
  for (const [name, impUid] of impUids) {
    if (name === 'it was begun too late') continue
    assert.ok((await wholeOnes()).includes(impUid), name)
  }
})

test('a row that is not what the file has stays in the table', async () => {
  const impUid = await shop.payAndTell()
  const file = shop.pathOf('differs')
  await shop.said('archive', file, ...beforeDay, '--keep')
  await change(
    `update exchanges set record = record || '{"x": 1}' where merchant_id = $1 and imp_uid = $2`,
    impUid,
  )
  await change(
    `update webhook_attempts a set response_body = 'x' from webhooks w
     where a.webhook_id = w.webhook_id and w.merchant_id = $1 and w.imp_uid = $2`,
    impUid,
  )
  await shop.said('archive', 'thin', file)
  assert.ok((await wholeOnes()).includes(impUid))
})

test('payments that are too young are refused, and an archive of nothing is no file', async () => {
  const file = shop.pathOf('none')
  assert.match(await shop.refusal('archive', file), /--before how old/)
  assert.match(
    await shop.refusal('archive', file, '--before', '2999-01-01'),
    /after 180 days at the earliest: --before 20/,
  )
  assert.match(await shop.refusal('archive', file, '--before', 'soon'), /not an instant/)
  assert.match(await shop.refusal('archive', 'thin'), /name one file/)
  const empty = await shop.said('archive', file, '--before', '2020-01-01')
  assert.match(empty, /nothing to archive: no file/)
  await assert.rejects(access(file))
  assert.match(await shop.refusal('archive', 'verify', file), /cannot be read/)
})

test('a merchant that is held after a restore is left alone until it is released', async () => {
  const impUid = await shop.payAndTell()
  const file = shop.pathOf('held')
  await shop.said('archive', file, ...beforeDay, '--keep')
  const { merchantId } = shop.merchant
  await shop.app.parts.db.query(
    adHocSql(`insert into restore_holds (merchant_id, restored_at, backup_id, snapshot_at)
      values ($1, '2024-03-03', gen_random_uuid(), '2024-03-03')`),
    [merchantId],
  )
  const more = shop.pathOf('more')
  assert.match(await shop.said('archive', more, ...beforeDay), /nothing to archive/)
  assert.match(await shop.said('archive', 'thin', file), /: 0 records .* left as they are/)
  assert.ok((await wholeOnes()).includes(impUid))
  await shop.app.parts.db.query(
    adHocSql(
      `update restore_holds set released_at = restored_at, released_by = 'x', release_reason = 'x'`,
    ),
  )
  assert.match(await shop.said('archive', file), /going on with archive/)
  assert.equal((await wholeOnes()).includes(impUid), false)
  assert.match(await shop.refusal('archive', file), /is a finished archive/)
})
