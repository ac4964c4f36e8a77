// What owners and operators set up and look at in the console, and the audit event that every act leaves.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { sandboxContract } from '../../src/commands/sandbox-merchant.ts'
import { raiseDiscrepancies } from '../../src/reconciliation/discrepancies.store.ts'
import { writeTrailCursor } from '../../src/console/page.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { newOrder } from '../api/orders.ts'
import { type ConsoleClient, openConsole, signedInAs } from './console-client.ts'

let app: TestApp
let owner: ConsoleClient
let operator: ConsoleClient
before(async () => {
  app = await startTestApp({ role: 'api', tells: true })
  owner = await signedInAs(app, 'owner')
  operator = await signedInAs(app, 'operator')
})
after(() => app?.close())

/** The newest act of an operator. */
async function lastAct({ email }: ConsoleClient) {
  const { items } = await owner.ok('GET', `/audit?actor=${encodeURIComponent(`operator:${email}`)}`)
  return items[0]
}

const fresh = {
  pgId: 'CTS00077',
  linkKey: 'link-key-that-is-never-shown',
  mode: 'sandbox',
  allowsBilling: true,
}

describe('channels', () => {
  it('are set up, changed and disabled, and no secret comes out', async () => {
    const body = { ...fresh, baseUrl: app.simulator.url, reportPassword: 'a-report-password' }
    const added = await owner.ok('POST', '/channels', {
      ...body,
      reportBaseUrl: app.simulator.url,
      instalments: { others: [3, 2, 3], byCompany: [{ cardCode: '361', months: [2, 6] }] },
    })
    assert.equal(added.mode, 'sandbox')
    assert.equal(added.hasReportPassword, true)
    assert.deepEqual(added.instalments.others, [2, 3])
    assert.equal(added.notificationPath, `/notifications/daou/${added.channelKey}`)
    const added2 = await lastAct(owner)
    assert.equal(added2.action, 'channel.added')
    assert.equal(added2.subject, added.channelKey)
    const path = `/channels/${added.channelKey}`
    const changed = await owner.ok('PATCH', path, {
      name: 'Subscriptions',
      rateCapPerSecond: 5,
      linkKey: 'another-link-key',
    })
    assert.equal(changed.name, 'Subscriptions')
    assert.equal(changed.rateCapPerSecond, 5)
    assert.equal((await owner.ok('PATCH', path, { rateCapPerSecond: null })).rateCapPerSecond, null)
    assert.equal((await owner.ok('POST', `${path}/default`)).isDefault, true)
    const disabled = await owner.ok('POST', `${path}/disable`)
    assert.notEqual(disabled.disabledAt, null)
    await owner.refused('channel_disabled', 'PATCH', path, { name: 'x' })
    const { items } = await owner.ok('GET', '/channels')
    const said = JSON.stringify([items, await owner.ok('GET', '/audit?limit=200')])
    for (const secret of [fresh.linkKey, 'another-link-key', 'a-report-password']) {
      assert.ok(!said.includes(secret))
      assert.ok(!app.logged().includes(secret))
    }
    const key = app.merchant.channel.channelKey
    assert.equal((await owner.ok('POST', `/channels/${key}/default`)).isDefault, true)
  })

  it('refuse what cannot be a contract, and say what is wrong', async () => {
    const plain = { ...fresh, baseUrl: 'http://pg.example' }
    const refused = await owner.refused('channel_refused', 'POST', '/channels', plain)
    assert.match(refused.body.error.message, /must be https/)
    const none = { ...fresh, allowsBilling: false }
    await owner.refused('channel_refused', 'POST', '/channels', none)
    const { pgId } = app.merchant.channel
    await owner.refused('channel_refused', 'POST', '/channels', { ...fresh, pgId })
    const strange = { others: [], byCompany: [{ cardCode: 'XXX', months: [] }] }
    const bad = await owner.call('POST', '/channels', { ...fresh, instalments: strange })
    assert.deepEqual(bad.body.error.fields, { 'instalments.byCompany': 'malformed' })
    const moved = { reportBaseUrl: 'https://evil.example' }
    const key = app.merchant.channel.channelKey
    const kept = await owner.call('PATCH', `/channels/${key}`, moved)
    assert.deepEqual(kept.body.error.fields, { reportPassword: 'missing' })
  })

  it('tell a lump sum only from instalments that nothing was said of', async () => {
    const path = `/channels/${app.merchant.channel.channelKey}`
    const usual = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    const monthsAfter = async (others: number[] | null) => {
      const changed = await owner.ok('PATCH', path, { instalments: { others, byCompany: [] } })
      return changed.instalments.others
    }
    assert.deepEqual(await monthsAfter([]), [])
    assert.deepEqual((await owner.ok('PATCH', path, { name: 'x' })).instalments.others, [])
    assert.deepEqual(await monthsAfter([6, 3]), [3, 6])
    assert.deepEqual(await monthsAfter(null), usual)
  })

  it('are tried at the ready step, with a result that can be read', async () => {
    const good = await operator.ok('POST', `/channels/${app.merchant.channel.channelKey}/test`)
    assert.equal(good.isReady, true)
    assert.ok(good.methods.length >= 2)
    assert.equal((await lastAct(operator)).action, 'channel.tested')
    const wrong = await owner.ok('POST', '/channels', {
      ...fresh,
      pgId: 'CTS00078',
      baseUrl: app.simulator.url,
    })
    const bad = await operator.ok('POST', `/channels/${wrong.channelKey}/test`)
    assert.equal(bad.isReady, false)
    assert.equal(bad.methods[0].isReady, false)
    assert.notEqual(bad.methods[0].message, null)
    await owner.ok('POST', `/channels/${wrong.channelKey}/disable`)
  })

  it('have options to offer', async () => {
    const { defaults, cardCompanies } = await owner.ok('GET', '/channel-options')
    assert.equal(defaults.length, 2)
    assert.ok(cardCompanies.length > 10)
  })
})

describe('API keys', () => {
  const tokenOf = async (impKey: string, impSecret: string) => {
    const reply = await fetch(`${app.url}/users/getToken`, {
      method: 'POST',
      body: JSON.stringify({ imp_key: impKey, imp_secret: impSecret }),
    })
    return reply.status
  }

  it('are made, given a new secret and revoked', async () => {
    const made = await owner.ok('POST', '/api-keys')
    assert.equal(await tokenOf(made.impKey, made.impSecret), 200)
    const rotated = await owner.ok('POST', `/api-keys/${made.impKey}/rotate`)
    assert.equal((await lastAct(owner)).action, 'api_key.secret_replaced')
    assert.equal(await tokenOf(made.impKey, made.impSecret), 401)
    assert.equal(await tokenOf(made.impKey, rotated.impSecret), 200)
    const revoked = await owner.ok('DELETE', `/api-keys/${made.impKey}`)
    assert.notEqual(revoked.revokedAt, null)
    assert.equal((await lastAct(owner)).action, 'api_key.revoked')
    assert.equal(await tokenOf(made.impKey, rotated.impSecret), 401)
    await owner.refused('key_revoked', 'POST', `/api-keys/${made.impKey}/rotate`)
    const { items } = await owner.ok('GET', '/api-keys')
    assert.ok(!JSON.stringify(items).includes(made.impSecret))
  })
})

describe('operators', () => {
  it('are added with a password that is shown once, changed and shut out', async () => {
    const wanted = { email: 'park@shop.example', name: 'Park', role: 'operator' }
    const added = await owner.ok('POST', '/operators', wanted)
    assert.equal(added.operator.mustChangePassword, true)
    await owner.refused('operator_taken', 'POST', '/operators', wanted)
    await owner.refused('email_unfit', 'POST', '/operators', { ...wanted, email: 'park' })
    const park = openConsole(app.url, wanted.email)
    await park.ok('POST', '/session', { email: wanted.email, password: added.password })
    const path = `/operators/${added.operator.operatorId}`
    const changed = await owner.ok('PATCH', path, { role: 'viewer' })
    assert.equal(changed.operator.role, 'viewer')
    assert.equal(changed.password, null)
    assert.deepEqual((await lastAct(owner)).detail, { role: 'viewer', roleBefore: 'operator' })
    // What they may do has changed, so they sign in anew.
    await park.refused('not_signed_in', 'GET', '/session')
    const reset = await owner.ok('PATCH', path, { resetPassword: true })
    await park.ok('POST', '/session', { email: wanted.email, password: reset.password })
    await owner.ok('PATCH', path, { isDisabled: true })
    await park.refused('not_signed_in', 'GET', '/session')
    const again = { email: wanted.email, password: reset.password }
    await park.refused('wrong_credentials', 'POST', '/session', again)
  })

  it('keep one owner, who does not lock themselves out', async () => {
    const { operator: self } = await owner.ok('GET', '/session')
    const path = `/operators/${self.operatorId}`
    await owner.refused('last_owner', 'PATCH', path, { role: 'viewer' })
    await owner.refused('own_account', 'PATCH', path, { isDisabled: true })
    await owner.refused('own_account', 'PATCH', path, { resetTotp: true })
  })
})

describe('settings', () => {
  it('are changed one by one, and a demanded second factor comes first for everybody', async () => {
    const before = await owner.ok('GET', '/settings')
    assert.equal(before.pendingSchedulesOnDelete, 'leave')
    const changes = { pendingSchedulesOnDelete: 'refuse', merchantName: 'Shop' }
    const after = await owner.ok('PATCH', '/settings', changes)
    assert.deepEqual(after, { ...before, ...changes })
    const { action, detail } = await lastAct(owner)
    assert.equal(action, 'merchant.set')
    assert.deepEqual(detail, { pendingSchedulesOnDelete: 'refuse', name: 'Shop' })
    await owner.ok('PATCH', '/settings', { requireTotp: true })
    const { mustDo } = await operator.ok('GET', '/session')
    assert.equal(mustDo, 'set_up_totp')
    await operator.refused('totp_setup_required', 'GET', '/channels')
    const { merchantId } = app.merchant
    const off = adHocSql('update merchants set require_totp = false where merchant_id = $1')
    await app.parts.db.query(off, [merchantId])
  })
})

describe('the clock', () => {
  it('is stopped, moved and released, and each act is on record', async () => {
    const clock = await operator.ok('GET', '/clock')
    assert.equal(clock.isFrozen, false)
    assert.equal(clock.mayFreeze, true)
    await operator.refused('clock_not_frozen', 'POST', '/clock/advance', { days: 1 })
    const frozen = await operator.ok('POST', '/clock/freeze', {})
    const moved = await operator.ok('POST', '/clock/advance', { days: 2, hours: 3 })
    assert.equal(Date.parse(moved.now) - Date.parse(frozen.now), 51 * 3_600_000)
    const past = { to: '2020-01-01T00:00:00+09:00' }
    await operator.refused('clock_out_of_range', 'POST', '/clock/advance', past)
    const nowhere = await operator.call('POST', '/clock/advance', {})
    assert.deepEqual(nowhere.body.error.fields, { to: 'missing' })
    assert.equal((await lastAct(operator)).action, 'clock.advanced')
    assert.equal((await operator.ok('POST', '/clock/release')).isFrozen, false)
    assert.equal((await lastAct(operator)).action, 'clock.released')
  })
})

describe('discrepancies', () => {
  it('are paged, newest first, and resolved once', async () => {
    const { merchantId, channel } = app.merchant
    for (let index = 0; index < 5; index += 1) {
      const found = {
        kind: 'foreign_charge',
        channelKey: channel.channelKey,
        impUid: null,
        orderNumber: `order-${index}`,
        transactionId: null,
        amountWon: 1_000 + index,
        detail: 'found in the file',
      } as const
      await raiseDiscrepancies(app.parts.db, merchantId, [found], Date.UTC(2026, 0, 1 + index))
    }
    const first = await operator.ok('GET', '/discrepancies?limit=2')
    assert.deepEqual(
      first.items.map(({ amountWon }: { amountWon: number }) => amountWon),
      [1_004, 1_003],
    )
    const next = await operator.ok('GET', `/discrepancies?limit=3&cursor=${first.nextCursor}`)
    assert.equal(next.items.length, 3)
    assert.equal(next.nextCursor, null)
    const { discrepancyId } = first.items[0]
    const path = `/discrepancies/${discrepancyId}/resolve`
    const resolution = { resolution: ' refunded in the PG admin ' }
    const resolved = await operator.ok('POST', path, resolution)
    assert.equal(resolved.resolution, 'refunded in the PG admin')
    assert.equal(resolved.resolvedBy, `operator:${operator.email}`)
    assert.equal((await lastAct(operator)).action, 'discrepancy.resolve')
    await operator.refused('discrepancy_resolved', 'POST', path, resolution)
    assert.equal((await operator.ok('GET', '/discrepancies')).items.length, 4)
    assert.equal((await operator.ok('GET', '/discrepancies?state=all')).items.length, 5)
    await operator.refused('bad_cursor', 'GET', '/discrepancies?cursor=x')
  })
})

describe('daily files', () => {
  it('are fetched on demand and listed', async () => {
    const today = new Date(Date.now() + 9 * 3_600_000).toISOString().slice(0, 10)
    const { channelKey } = app.merchant.channel
    const { results } = await operator.ok('POST', `/reports/${today}/fetch`, { channelKey })
    assert.equal(results.length, 1)
    assert.equal(results[0].isRead, true, JSON.stringify(results))
    assert.equal((await lastAct(operator)).action, 'reconciliation.run')
    const { items } = await operator.ok('GET', '/reports')
    assert.equal(items[0].day, today)
    assert.equal(items[0].state, 'fetched')
    await operator.refused('day_out_of_range', 'POST', '/reports/2999-01-01/fetch', {})
    await operator.refused('day_out_of_range', 'POST', '/reports/2026-13-77/fetch', {})
  })
})

describe('the audit trail', () => {
  it('is paged by a place in it, filtered, and found intact', async () => {
    const first = await owner.ok('GET', '/audit?limit=3')
    const next = await owner.ok('GET', `/audit?limit=3&cursor=${first.nextCursor}`)
    const numbers = [...first.items, ...next.items].map(
      ({ sequence }: { sequence: number }) => sequence,
    )
    const [newest = 0] = numbers
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => newest - index),
    )
    const { items } = await owner.ok('GET', '/audit?action=clock.')
    assert.equal(items.length, 3)
    assert.deepEqual((await owner.ok('GET', '/audit?from=2999-01-01T00:00:00Z')).items, [])
    const verdict = await owner.ok('GET', '/audit/verify')
    assert.equal(verdict.nextCursor, null)
    assert.equal(verdict.length, verdict.headSequence)
    await owner.refused('bad_cursor', 'GET', '/audit/verify?cursor=x')
    const place = { sequence: 5, hash: Buffer.alloc(32), signedUpTo: 0, unsignedSinceMs: null }
    const broken = await owner.ok('GET', `/audit/verify?cursor=${writeTrailCursor(place)}`)
    assert.equal(broken.isIntact, false)
    assert.match(broken.findings[0].message, /^event 6 .* does not follow event 5/)
    assert.equal(broken.eventCount, verdict.eventCount - 5)
    assert.ok(verdict.eventCount > 10)
    // Nobody signs while no worker runs; nothing else may be found.
    assert.ok(
      verdict.findings.every(({ message }: { message: string }) => /sign|seal/.test(message)),
      JSON.stringify(verdict.findings),
    )
  })
})

describe('the queue and the home page', () => {
  it('tell of what there is', async () => {
    const { channels } = await operator.ok('GET', '/queue')
    assert.equal(channels.length, 1)
    assert.equal(channels[0].gateway.state, 'answers')
    const order = newOrder({ amount: 3_000 })
    const paid = await app.merchant.call('POST', '/subscribe/payments/onetime', order)
    assert.equal(paid.body.code, 0, JSON.stringify(paid.body))
    for (const period of ['day', 'week', 'month']) {
      const overview = await operator.ok('GET', `/overview?period=${period}`)
      assert.equal(overview.series.length, { day: 30, week: 13, month: 12 }[period])
      assert.equal(overview.series.at(-1).approvedWon, 3_000)
      assert.equal(overview.series.at(-1).approvalRate, 1)
      assert.deepEqual(overview.today.approved, { count: 1, amountWon: 3_000 })
      assert.equal(overview.upcoming.length, 14)
      assert.equal(overview.openDiscrepancies.count, 4)
      assert.equal(overview.setUp.hasPayment, true)
      assert.equal(overview.setUp.hasBillingKey, false)
    }
    assert.equal(sandboxContract.cpid, channels[0].pgId)
  })
})
