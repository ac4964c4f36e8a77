// Every call of the console's API as everybody: nobody, each role, without the CSRF token, and as another merchant.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { consoleRoutes } from '../../src/compose/console.ts'
import type { ConsoleAccess, ConsoleCall } from '../../src/console/console-call.ts'
import { consoleAreas } from '../../src/console/console-api.ts'
import { operatorRoles } from '../../src/operators/role.ts'
import { raiseDiscrepancies } from '../../src/reconciliation/discrepancies.store.ts'
import { adHocSql } from '../../src/db/database.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { type ConsoleClient, openConsole, signedInAs } from './console-client.ts'

let app: TestApp
let clients: Record<(typeof operatorRoles)[number], ConsoleClient>
before(async () => {
  app = await startTestApp({ role: 'api' })
  clients = {
    owner: await signedInAs(app, 'owner'),
    operator: await signedInAs(app, 'operator'),
    viewer: await signedInAs(app, 'viewer'),
  }
})
after(() => app?.close())

const calls = consoleRoutes({
  parts: { config: { evidence: {} } },
  charge: {},
  courier: {},
} as never).map(({ call }) => call)

function pathOf(url: string): string {
  return url
    .replace(':mode', 'sandbox')
    .replaceAll(/:\w+Id\b/g, '0192f0c1-0000-7000-8000-000000000001')
    .replaceAll(/:\w+/g, 'nobody')
}

function mayCall(role: (typeof operatorRoles)[number], access: ConsoleAccess): boolean {
  if (access === 'anyone' || access === 'signed_in') return true
  return operatorRoles.indexOf(role) <= operatorRoles.indexOf(access)
}

describe('every call', () => {
  it('of the contract is answered, once, and no other', async () => {
    const contract = Object.values(consoleAreas).flat()
    const namesOf = (some: readonly ConsoleCall[]) => some.map(({ name }) => name).sort()
    assert.deepEqual(namesOf(calls), namesOf(contract))
    assert.equal(new Set(namesOf(contract)).size, contract.length)
    for (const { method, url } of contract) {
      const { body } = await openConsole(app.url).call(method, pathOf(url))
      assert.notEqual(body.error?.message, 'There is no such call.', `${method} ${url}`)
    }
  })

  it('is refused to who is not signed in', async () => {
    for (const { method, url, access } of calls) {
      if (access === 'anyone') continue
      const nobody = openConsole(app.url)
      const { status, body } = await nobody.call(method, pathOf(url))
      assert.equal(`${status} ${body.error.code}`, '401 not_signed_in', `${method} ${url}`)
    }
  })

  it('that changes anything is refused without the CSRF token, and by another site', async () => {
    for (const { method, url, access } of calls.filter((call) => call.method !== 'GET')) {
      const owner = openConsole(app.url)
      owner.token = clients.owner.token
      const site = await owner.call(method, pathOf(url), undefined, {
        'sec-fetch-site': 'cross-site',
      })
      assert.equal(site.body.error.code, 'csrf_refused', `${method} ${url}`)
      if (access === 'anyone') continue
      const { body } = await owner.call(method, pathOf(url))
      assert.equal(body.error.code, 'csrf_refused', `${method} ${url}`)
    }
  })

  it('is refused to a role that is too small', async () => {
    for (const role of operatorRoles) {
      for (const { method, url, access } of calls) {
        if (mayCall(role, access)) continue
        const { status, body } = await clients[role].call(method, pathOf(url))
        assert.equal(`${status} ${body.error.code}`, '403 forbidden', `${role} ${method} ${url}`)
      }
    }
  })

  it('changes nothing that a viewer may make, but the own account', () => {
    const open = calls.filter(({ access, method }) => access === 'viewer' && method !== 'GET')
    assert.deepEqual(open, [])
  })
})

describe('what belongs to another merchant', () => {
  it('is absent, whatever is asked of it', async () => {
    const other = await app.addMerchant()
    const stranger = await signedInAs(app, 'owner', other.merchantId)
    const { channel, impKey, merchantId } = app.merchant
    const found = {
      kind: 'foreign_charge',
      channelKey: channel.channelKey,
      impUid: null,
      orderNumber: 'x',
      transactionId: 'y',
      amountWon: 1,
      detail: 'd',
    } as const
    await raiseDiscrepancies(app.parts.db, merchantId, [found], Date.now())
    const [discrepancy] = (await clients.owner.ok('GET', '/discrepancies')).items
    const [operator] = (await clients.owner.ok('GET', '/operators')).items
    const before = await allOf(merchantId)
    const ofOthers: [string, string, unknown?][] = [
      ['PATCH', `/channels/${channel.channelKey}`, { name: 'x' }],
      ['POST', `/channels/${channel.channelKey}/test`],
      ['POST', `/channels/${channel.channelKey}/default`],
      ['POST', `/channels/${channel.channelKey}/disable`],
      ['POST', `/channels/${channel.channelKey}/retry-gateway`],
      ['POST', `/api-keys/${impKey}/rotate`],
      ['DELETE', `/api-keys/${impKey}`],
      ['PATCH', `/operators/${operator.operatorId}`, { isDisabled: true }],
      ['GET', `/discrepancies/${discrepancy.discrepancyId}`],
      ['POST', `/discrepancies/${discrepancy.discrepancyId}/resolve`, { resolution: 'x' }],
    ]
    for (const [method, path, body] of ofOthers) {
      const { status } = await stranger.refused('not_found', method, path, body)
      assert.equal(status, 404, path)
    }
    assert.deepEqual((await stranger.ok('GET', '/discrepancies')).items, [])
    const emails = (await stranger.ok('GET', '/operators')).items
    assert.deepEqual(
      emails.map(({ email }: { email: string }) => email),
      [stranger.email],
    )
    const events = (await stranger.ok('GET', '/audit?limit=200')).items
    assert.ok(events.every(({ subject }: { subject: string }) => subject !== clients.owner.email))
    assert.equal(await allOf(merchantId), before)
  })
})

async function allOf(owner: number): Promise<string> {
  const { rows } = await app.parts.db.query<{ text: string }>(
    adHocSql(`select jsonb_build_array(
       (select jsonb_agg(to_jsonb(c)) from channels c where merchant_id = $1),
       (select jsonb_agg(to_jsonb(k)) from api_keys k where merchant_id = $1),
       (select jsonb_agg(to_jsonb(o)) from operators o where merchant_id = $1),
       (select jsonb_agg(to_jsonb(d)) from discrepancies d where merchant_id = $1))::text as text`),
    [owner],
  )
  return rows[0]?.text ?? ''
}
