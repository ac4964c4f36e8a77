import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, afterEach, describe, it } from 'node:test'

import * as fc from 'fast-check'

import { longestCallMs } from './payjoa.gateway.ts'
import {
  approve,
  byKey,
  cutShort,
  grant,
  type Handler,
  patient,
  startScriptedPg,
} from './scripted-pg.ts'

const pg = await startScriptedPg()

afterEach(() => pg.reset())
after(() => pg.close())

describe('kept-alive connections that the PG closes', () => {
  it('never make an execute leave twice, wherever the close falls', async () => {
    const behaviours = [
      'answer',
      'answer, then close',
      'answer, then reset',
      'close unread',
      'reset unread',
      'reset within the answer',
    ] as const
    const script = fc.array(fc.constantFrom(...behaviours), { minLength: 4, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        pg.seen.length = 0
        let position = 0
        const act =
          (answer: Handler): Handler =>
          (seen, response) => {
            const step = steps[position % steps.length] ?? 'answer'
            position += 1
            if (step === 'close unread') seen.socket.end()
            else if (step === 'reset unread') seen.socket.resetAndDestroy()
            else if (step === 'reset within the answer') cutShort(response)
            else answer(seen, response)
            if (step === 'answer, then close') response.once('finish', () => seen.socket.end())
            if (step === 'answer, then reset') {
              response.once('finish', () => setImmediate(() => seen.socket.resetAndDestroy()))
            }
          }
        pg.onReady = act((_seen, response) => grant(response, pg.url))
        pg.onExecute = act(approve)
        const gateway = pg.gateway()
        for (let charge = 0; charge < 6; charge += 1) {
          const request = byKey()
          const { outcome } = await gateway.chargeBillingKey(pg.contract(), request)
          const times = pg
            .executed()
            .filter(({ fields }) => fields['ORDERNO'] === request.order.orderNumber).length
          assert.ok(times <= 1, `sent ${times} times`)
          if (outcome.kind === 'approved') assert.equal(times, 1)
          if (outcome.kind === 'unsent') assert.equal(times, 0)
          assert.notEqual(outcome.kind, 'declined')
        }
      }),
      { numRuns: 60 },
    )
  })

  it('are noticed before the next exchange', async () => {
    const gateway = pg.gateway()
    await gateway.chargeBillingKey(pg.contract(), byKey())
    const socket = pg.seen[0]?.socket
    socket?.end()
    if (socket !== undefined && !socket.destroyed) await once(socket, 'close')
    const { outcome } = await gateway.chargeBillingKey(pg.contract(), byKey())
    assert.equal(outcome.kind, 'approved')
    assert.equal(pg.executed().length, 2)
  })
})

describe('many calls at once', () => {
  it('share the connections a host is allowed', async () => {
    const gateway = pg.gateway({ connectionsPerHost: 3 })
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => gateway.chargeBillingKey(pg.contract(), byKey())),
    )
    assert.ok(answers.every(({ outcome }) => outcome.kind === 'approved'))
    assert.ok(new Set(pg.seen.map(({ socket }) => socket)).size <= 3)
    const orders = pg.executed().map(({ fields }) => fields['ORDERNO'])
    assert.equal(new Set(orders).size, 40)
  })

  it('are unsent, not queued for ever, when no connection comes free', async () => {
    const gateway = pg.gateway({
      connectionsPerHost: 1,
      timeouts: { ...patient, connectMs: 300, executeReadMs: 900 },
    })
    const holding = new Promise<void>((resolve) => {
      pg.onExecute = () => resolve()
    })
    const charging = gateway.chargeBillingKey(pg.contract(), byKey())
    await holding
    const second = await gateway.chargeBillingKey(pg.contract(), byKey())
    const first = await charging
    assert.equal(first.outcome.kind, 'unknown')
    assert.equal(second.outcome.kind, 'unsent')
    assert.equal(pg.executed().length, 1)
  })

  it('are stopped before the execute step once the gateway closes', async () => {
    const gateway = pg.gateway({ connectionsPerHost: 1 })
    let closing: Promise<void> | undefined
    pg.onReady = (_seen, response) => {
      closing = gateway.close()
      grant(response, pg.url)
    }
    const [first, waiting] = await Promise.all([
      gateway.chargeBillingKey(pg.contract(), byKey()),
      gateway.chargeBillingKey(pg.contract(), byKey()),
    ])
    await closing
    const later = await gateway.chargeBillingKey(pg.contract(), byKey())
    for (const { outcome } of [first, waiting, later]) {
      assert.equal(outcome.kind, 'unsent')
      assert.equal(outcome.cause, 'stopped')
    }
    assert.equal(pg.executed().length, 0)
  })

  it('take no longer than stated', () => {
    const timeouts = { connectMs: 3, readyReadMs: 5, executeReadMs: 7 }
    assert.equal(longestCallMs(timeouts), 29)
  })
})
