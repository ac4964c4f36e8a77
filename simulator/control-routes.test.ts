import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { answerControl, isLoopback } from './control-routes.ts'
import type { PgState } from './pg-state.ts'
import { cancelOf, control, keyCharge, keyIn, keyIssue, pay, send } from './raw-terminal.ts'
import { defaultSettings } from './settings.ts'
import { startSimulator, type Simulator } from './simulator.ts'

let simulator: Simulator
before(async () => {
  simulator = await startSimulator({ seed: 6, now: () => Date.UTC(2026, 0, 1) })
})
beforeEach(async () => {
  await control(simulator.url, 'DELETE /_settings')
})
after(() => simulator.close())

const statusOf = async (target: string, body: unknown): Promise<number> => {
  const [method = '', path = ''] = target.split(' ')
  const outcome = await send(simulator.url + path, {
    method,
    ...(body === null ? {} : { body: Buffer.from(JSON.stringify(body)) }),
  })
  assert.ok(outcome.kind === 'answer')
  assert.equal(outcome.contentType, 'application/json; charset=utf-8')
  return outcome.status
}

describe('the control routes', () => {
  it('refuse every peer that is not this machine, whatever the route', async () => {
    // The refusal comes before the state is looked at.
    const state = null as unknown as PgState
    for (const [method, path] of [
      ['GET', '/_ledger'],
      ['POST', '/_faults'],
      ['POST', '/_settings'],
    ] as const) {
      const call = {
        peer: '10.0.0.7',
        method,
        path,
        query: new URLSearchParams(),
        body: Buffer.alloc(0),
      }
      assert.equal((await answerControl(state, call)).status, 403)
    }
  })

  it('know a loopback address when they see one', () => {
    for (const address of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1']) {
      assert.ok(isLoopback(address), address)
    }
    for (const address of ['10.0.0.1', '::ffff:10.0.0.1', '1127.0.0.1', 'fe80::1', '', undefined]) {
      assert.ok(!isLoopback(address), address)
    }
  })

  it('answer 404 for a route that does not exist', async () => {
    assert.equal(await statusOf('GET /_nothing', null), 404)
    assert.equal(await statusOf('PUT /_settings', {}), 404)
  })
})

describe('the settings', () => {
  it('start as documented and come back after a change', async () => {
    assert.deepEqual(await control(simulator.url, 'GET /_settings'), { ...defaultSettings })
    const changed = await control(simulator.url, 'POST /_settings', {
      latencyMs: { p50: 1, p99: 2 },
    })
    assert.deepEqual(changed, { ...defaultSettings, latencyMs: { p50: 1, p99: 2 } })
    assert.deepEqual(await control(simulator.url, 'DELETE /_settings'), { ...defaultSettings })
  })

  it('refuse what they do not know, and then change nothing at all', async () => {
    const wrong: unknown[] = [
      { slowMs: 5, sloMs: 5 },
      { slowMs: '5' },
      { slowMs: -1 },
      { slowMs: 0.5 },
      { latencyMs: 120 },
      { latencyMs: { p50: 10, p99: 5 } },
      { latencyMs: { p50: 10 } },
      { contentType: 'none' },
      { tokenSingleUse: 'true' },
      { resultCodes: { nothing: 'S1' } },
      { resultCodes: { declined: 'a b' } },
      { __proto__: null, toString: 'x' },
      ['slowMs'],
    ]
    for (const patch of wrong) {
      assert.equal(await statusOf('POST /_settings', patch), 400, JSON.stringify(patch))
    }
    assert.deepEqual(await control(simulator.url, 'GET /_settings'), { ...defaultSettings })
  })

  it('given at the start must be right as well', async () => {
    const wrong = { slowMs: -1 }
    await assert.rejects(startSimulator({ settings: wrong }), /slowMs/)
  })
})

describe('the fault scripts', () => {
  it('refuse what would never strike', async () => {
    const wrong = [
      {},
      'declined',
      { fault: 'nothing' },
      { fault: 'foreign_return_url' },
      { fault: 'truncated', match: { step: 'ready' } },
      { fault: 'declined', match: { step: 'later' } },
      { fault: 'declined', match: { orderNo: 'x' } },
      { fault: 'declined', match: { orderno: 5 } },
      { fault: 'declined', match: { cancel: 'yes' } },
      { fault: 'declined', times: 0 },
      { fault: 'declined', delayMs: -1 },
      { fault: 'declined', resultCode: '1234' },
      { fault: 'declined', commit: 1 },
      { fault: 'result' },
      { fault: 'declined', color: 'red' },
      [{ fault: 'declined' }, { fault: 'nothing' }],
    ]
    for (const script of wrong) {
      assert.equal(await statusOf('POST /_faults', script), 400, JSON.stringify(script))
    }
    assert.deepEqual(await control(simulator.url, 'GET /_faults'), { pending: [] })
  })

  it('come in arrays, are listed with what is left of them, and are cleared', async () => {
    await control(simulator.url, 'POST /_faults', [
      { fault: 'declined', times: 3 },
      { fault: 'http_500', match: { step: 'ready', paymethod: 'CARDK-BATCH' } },
    ])
    await pay(simulator.url, keyIn)
    const { pending } = await control(simulator.url, 'GET /_faults')
    assert.ok(Array.isArray(pending))
    assert.deepEqual(
      pending.map(({ fault, times }: { fault: string; times: number }) => [fault, times]),
      [
        ['declined', 2],
        ['http_500', 1],
      ],
    )
    assert.deepEqual(await control(simulator.url, 'DELETE /_faults'), { pending: [] })
    assert.equal((await pay(simulator.url, keyIn))['RESULTCODE'], '0000')
  })
})

describe('GET /_ledger', () => {
  it('shows the whole story of a subscription, and no secret of it', async () => {
    const card = { CARDNO: '9381000000000000', CARDAUTH: '830412', CARDPASSWORD: '73' }
    const issued = await pay(simulator.url, { ...keyIssue, ...card, ORDERNO: 'story' })
    const AUTOKEY = issued['AUTOKEY'] ?? ''
    const paid = await pay(simulator.url, { ...keyCharge, AUTOKEY, ORDERNO: 'story' })
    const cancelled = { PAYMETHOD: 'CARD-BATCH', AMOUNT: '1000' }
    await pay(simulator.url, cancelOf(paid['DAOUTRX'] ?? '', cancelled))
    const ledger = await control(simulator.url, 'GET /_ledger?orderno=story')
    const entries = ledger['entries'] as Record<string, unknown>[]
    assert.deepEqual(
      entries.map(({ kind, amount, cancelledAmount }) => [kind, amount, cancelledAmount]),
      [
        ['key_issue', 0, 0],
        ['approval', 3000, 1000],
        ['cancel', 1000, 1000],
      ],
    )
    const [key, approval] = entries
    assert.match(String(key?.['autokeySha256']), /^[0-9a-f]{16}$/)
    assert.equal(approval?.['autokeySha256'], key?.['autokeySha256'])
    assert.equal(approval?.['card'], '938100******0000')
    assert.equal(approval?.['cardcode'], 'CCKM')
    const text = JSON.stringify(ledger)
    for (const secret of [AUTOKEY, card.CARDNO, card.CARDAUTH, '"73"']) {
      assert.ok(!text.includes(secret))
    }
  })

  it('pages through since and limit, and filters by CPID', async () => {
    for (let at = 0; at < 7; at += 1) await pay(simulator.url, { ...keyIn, ORDERNO: `page-${at}` })
    const total = simulator.ledger().totals.entries
    const seqs: number[] = []
    let since: number | null = 0
    while (since !== null) {
      const page = await control(simulator.url, `GET /_ledger?since=${since}&limit=3`)
      const entries = page['entries'] as { seq: number }[]
      assert.ok(entries.length <= 3)
      seqs.push(...entries.map((entry) => entry.seq))
      since = page['next'] as number | null
    }
    assert.deepEqual(
      seqs,
      Array.from({ length: total }, (_, at) => at + 1),
    )
    const other = await control(simulator.url, 'GET /_ledger?cpid=CTS00018')
    assert.deepEqual(other['entries'], [])
    for (const query of ['since=x', 'limit=-1', 'since=1e3']) {
      assert.equal(await statusOf(`GET /_ledger?${query}`, null), 400)
    }
  })
})
