import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as fc from 'fast-check'
import {
  cancelOf,
  keyCharge,
  keyIn,
  keyIssue,
  pay,
  ready,
  sandbox,
  type Values,
} from './raw-terminal.ts'
import { startSimulator, type Simulator } from './simulator.ts'

let simulator: Simulator
before(async () => {
  simulator = await startSimulator({ seed: 4, now: () => Date.UTC(2026, 4, 1, 0, 0, 0) })
})
after(() => simulator.close())

async function approve(fields: Values = {}): Promise<string> {
  const answer = await pay(simulator.url, { ...keyIn, ...fields })
  assert.equal(answer['RESULTCODE'], '0000')
  return answer['DAOUTRX'] ?? ''
}

async function approveByKey(
  route: 'CARD' | 'CARDK',
): Promise<{ daoutrx: string; autokey: string }> {
  const issued = await pay(simulator.url, { ...keyIssue, PAYMETHOD: `${route}-KEYGEN` })
  const AUTOKEY = issued['AUTOKEY'] ?? ''
  const answer = await pay(simulator.url, { ...keyCharge, PAYMETHOD: `${route}-BATCH`, AUTOKEY })
  assert.equal(answer['RESULTCODE'], '0000')
  return { daoutrx: answer['DAOUTRX'] ?? '', autokey: AUTOKEY }
}

const cancel = (daoutrx: string, fields: Values = {}) =>
  pay(simulator.url, cancelOf(daoutrx, fields))

const codeOf = async (daoutrx: string, fields: Values = {}): Promise<string | undefined> =>
  (await cancel(daoutrx, fields))['RESULTCODE']

const cancelledOf = (daoutrx: string): number | undefined =>
  simulator.ledger().entries.find((entry) => entry.kind === 'approval' && entry.daoutrx === daoutrx)
    ?.cancelledAmount

describe('a cancel', () => {
  it('returns the whole amount and answers the fields of the wire', async () => {
    const daoutrx = await approve()
    const answer = await cancel(daoutrx)
    assert.deepEqual(
      [
        answer['RESULTCODE'],
        answer['TRXID'],
        answer['DAOUTRX'],
        answer['AMOUNT'],
        answer['CANCELDATE'],
      ],
      ['0000', daoutrx, daoutrx, '3000', '20260501090000'],
    )
    assert.equal(answer['TOKEN']?.length, 34)
    assert.equal(cancelledOf(daoutrx), 3000)
    const entry = simulator.ledger().entries.at(-1)
    assert.deepEqual(
      [entry?.kind, entry?.orderno, entry?.cancelledAmount],
      ['cancel', 'order-1', 3000],
    )
  })

  it('is answered 9206 when nothing is left to cancel', async () => {
    const daoutrx = await approve()
    assert.equal(await codeOf(daoutrx), '0000')
    assert.equal(await codeOf(daoutrx), '9206')
    assert.equal(cancelledOf(daoutrx), 3000)
  })

  it('may be partial, as often as there is money left', async () => {
    const daoutrx = await approve()
    assert.equal(await codeOf(daoutrx, { AMOUNT: '1000' }), '0000')
    assert.equal(await codeOf(daoutrx, { AMOUNT: '2001' }), 'S402')
    assert.equal(await codeOf(daoutrx, { AMOUNT: '1999' }), '0000')
    assert.equal(await codeOf(daoutrx, { AMOUNT: '1' }), '0000')
    assert.equal(await codeOf(daoutrx, { AMOUNT: '1' }), '9206')
  })

  it('is refused for a transaction that does not exist or is another contract’s', async () => {
    assert.equal(await codeOf('CTS26050109000099999'), 'S401')
    const daoutrx = await approve()
    const other = { linkKey: '00000018'.repeat(8) }
    const answer = await pay(simulator.url, cancelOf(daoutrx, { CPID: 'CTS00018' }), other)
    assert.equal(answer['RESULTCODE'], 'S401')
    assert.equal(cancelledOf(daoutrx), 0)
  })

  it('goes under the PAYMETHOD its approval maps to, and no other', async () => {
    const direct = { DIRECT_YN: 'Y', AMOUNT: '3000', QUOTA: '00', PRODUCTNAME: '구독' }
    const byPayment: [string, string][] = [
      [await approve(), 'CARD'],
      [await approve({ PAYMETHOD: 'CARDK-SUGI' }), 'CARDK'],
      [(await approveByKey('CARD')).daoutrx, 'CARD-BATCH'],
      [(await approveByKey('CARDK')).daoutrx, 'CARDK-BATCH'],
      [await approve({ ...keyIssue, ...direct }), 'CARD'],
      [await approve({ ...keyIssue, ...direct, PAYMETHOD: 'CARDK-KEYGEN' }), 'CARDK'],
    ]
    for (const [daoutrx, right] of byPayment) {
      for (const PAYMETHOD of ['CARD', 'CARDK', 'CARD-BATCH', 'CARDK-BATCH']) {
        if (PAYMETHOD !== right) assert.equal(await codeOf(daoutrx, { PAYMETHOD }), '9102')
      }
      assert.equal(await codeOf(daoutrx, { PAYMETHOD: right }), '0000')
    }
  })

  it('is not opened under the name of an approval', async () => {
    for (const PAYMETHOD of ['CARD-SUGI', 'CARD-KEYGEN', 'BANK']) {
      const answer = await ready(simulator.url, { CPID: sandbox.cpid, PAYMETHOD, CANCELREQ: 'Y' })
      assert.equal(answer['RESULTCODE'], '9102')
    }
  })

  it('needs its fields, in their formats', async () => {
    const daoutrx = await approve()
    for (const name of ['TRXID', 'AMOUNT', 'CANCELREASON']) {
      assert.equal(await codeOf(daoutrx, { [name]: '' }), '9001', name)
    }
    for (const AMOUNT of ['0', '-1', '1.5', '1,000']) {
      assert.equal(await codeOf(daoutrx, { AMOUNT }), '9001', AMOUNT)
    }
    for (const CANCELREASON of ['[표시]', 'a^b', '가'.repeat(21)]) {
      assert.equal(await codeOf(daoutrx, { CANCELREASON }), '9001', CANCELREASON)
    }
    assert.equal(await codeOf(daoutrx, { CANCELREASON: 'a|b' }), '9011')
    assert.equal(await codeOf(daoutrx, { TAXFREEAMT: '3001' }), '9001')
    assert.equal(cancelledOf(daoutrx), 0)
    assert.equal(
      await codeOf(daoutrx, { CANCELREASON: '가'.repeat(20), TAXFREEAMT: '3000' }),
      '0000',
    )
  })

  it('with [STOPREQ] stops the key of a CARD-BATCH payment and returns no money', async () => {
    const { daoutrx, autokey } = await approveByKey('CARD')
    const stop = { PAYMETHOD: 'CARD-BATCH', AMOUNT: '0', CANCELREASON: '[STOPREQ]해지' }
    const before = simulator.ledger().totals
    assert.equal(await codeOf(daoutrx, { ...stop, AMOUNT: '3000' }), '9001')
    assert.equal(await codeOf(daoutrx, stop), '0000')
    assert.equal(simulator.ledger().totals.cancelledAmount, before.cancelledAmount)
    assert.equal(
      (await pay(simulator.url, { ...keyCharge, AUTOKEY: autokey }))['RESULTCODE'],
      'S302',
    )
    assert.equal(await codeOf(daoutrx, stop), 'S302')
    assert.equal(await codeOf(daoutrx, { PAYMETHOD: 'CARD-BATCH' }), '0000')
  })

  it('never returns more than was paid, whatever is asked in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1000 }),
        fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 6 }),
        async (amountWon, cancels) => {
          const daoutrx = await approve({ AMOUNT: String(amountWon) })
          const answers = await Promise.all(
            cancels.map(async (won) => ({
              won,
              code: await codeOf(daoutrx, { AMOUNT: String(won) }),
            })),
          )
          const returned = answers
            .filter(({ code }) => code === '0000')
            .reduce((sum, { won }) => sum + won, 0)
          assert.ok(returned <= amountWon)
          assert.equal(cancelledOf(daoutrx), returned)
        },
      ),
      { numRuns: 25 },
    )
  })
})
