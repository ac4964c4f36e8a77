import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { keyCharge, keyIn, keyIssue, pay, type Values } from './raw-terminal.ts'
import { startSimulator, type Simulator } from './simulator.ts'
import { declineNames, guideCardNumber, issuerBins, testCards } from './test-cards.ts'

let simulator: Simulator
let nowMs = 0
let order = 0
before(async () => {
  // Delays of slow cards are granted at once, so that no test waits for them.
  simulator = await startSimulator({ seed: 3, now: () => nowMs, delay: () => Promise.resolve() })
})
beforeEach(() => {
  // 2026-03-31 23:30:05 KST, while UTC is still on the same day.
  nowMs = Date.UTC(2026, 2, 31, 14, 30, 5)
})
after(() => simulator.close())

const nextOrder = (): string => {
  order += 1
  return `order-${order}`
}

const lastEntry = () => {
  const entry = simulator.ledger().entries.at(-1)
  assert.ok(entry !== undefined)
  return entry
}

async function issue(fields: Values = {}): Promise<string> {
  const answer = await pay(simulator.url, { ...keyIssue, ...fields })
  assert.equal(answer['RESULTCODE'], '0000')
  return answer['AUTOKEY'] ?? ''
}

const charge = (AUTOKEY: string, fields: Values = {}) =>
  pay(simulator.url, { ...keyCharge, ORDERNO: nextOrder(), AUTOKEY, ...fields })

describe('key-in', () => {
  it('approves and answers the fields of the wire', async () => {
    const ORDERNO = nextOrder()
    const answer = await pay(simulator.url, { ...keyIn, ORDERNO })
    assert.deepEqual(Object.keys(answer).toSorted(), [
      'AMOUNT',
      'AUTHDATE',
      'AUTHNO',
      'CARDCODE',
      'CPNAME',
      'CPTELNO',
      'CPURL',
      'DAOUTRX',
      'ERRORMESSAGE',
      'ORDERNO',
      'PAYMETHOD',
      'RESULTCODE',
      'TOKEN',
    ])
    assert.equal(answer['AMOUNT'], '3000')
    assert.equal(answer['ORDERNO'], ORDERNO)
    assert.equal(answer['AUTHDATE'], '20260331233005')
    assert.match(answer['AUTHNO'] ?? '', /^[0-9]{8}$/)
    assert.match(answer['DAOUTRX'] ?? '', /^CTS260331233005[0-9]{5}$/)
    assert.equal(answer['CARDCODE'], 'CCLG')
    const entry = lastEntry()
    assert.deepEqual(
      [entry.kind, entry.orderno, entry.amount, entry.daoutrx, entry.card, entry.answer],
      ['approval', ORDERNO, 3000, answer['DAOUTRX'], '936600******0000', 'delivered'],
    )
  })

  it('works over the K route as well', async () => {
    const answer = await pay(simulator.url, { ...keyIn, PAYMETHOD: 'CARDK-SUGI' })
    assert.equal(answer['RESULTCODE'], '0000')
  })

  it('derives CARDCODE from the BIN', async () => {
    for (const issuer of issuerBins) {
      const answer = await pay(simulator.url, { ...keyIn, CARDNO: issuer.approvingNumber })
      assert.equal(answer['CARDCODE'], issuer.cardCode, issuer.issuer)
    }
  })

  it('takes cards of fourteen and fifteen digits', async () => {
    for (const CARDNO of ['936100000800000', '93610000200000']) {
      assert.equal((await pay(simulator.url, { ...keyIn, CARDNO }))['RESULTCODE'], '0000')
    }
  })

  it('declines a number that fails the Luhn check, and one that is too short', async () => {
    for (const CARDNO of ['1111111111111111', '9366000000900001', '93660']) {
      const answer = await pay(simulator.url, { ...keyIn, CARDNO })
      assert.equal(answer['RESULTCODE'], 'S101')
      assert.equal(answer['ERRORMESSAGE'], '유효하지않은 카드번호를 입력하셨습니다.')
      assert.equal(lastEntry().kind, 'decline')
    }
  })

  it('approves the guide card with an expiry long past', async () => {
    const answer = await pay(simulator.url, {
      ...keyIn,
      CARDNO: guideCardNumber,
      EXPIREDT: '201901',
    })
    assert.equal(answer['RESULTCODE'], '0000')
  })

  it('declines every other card after the KST month of its expiry', async () => {
    assert.equal((await pay(simulator.url, { ...keyIn, EXPIREDT: '202603' }))['RESULTCODE'], '0000')
    assert.equal((await pay(simulator.url, { ...keyIn, EXPIREDT: '202602' }))['RESULTCODE'], 'S105')
    // Half an hour later it is April in Seoul, though not in London.
    nowMs += 30 * 60 * 1000
    assert.equal((await pay(simulator.url, { ...keyIn, EXPIREDT: '202603' }))['RESULTCODE'], 'S105')
  })

  it('accepts a repeated ORDERNO, and the ledger counts it', async () => {
    const before = simulator.ledger().totals.repeatedOrders
    const ORDERNO = nextOrder()
    const first = await pay(simulator.url, { ...keyIn, ORDERNO })
    const second = await pay(simulator.url, { ...keyIn, ORDERNO })
    assert.equal(second['RESULTCODE'], '0000')
    assert.notEqual(first['DAOUTRX'], second['DAOUTRX'])
    assert.equal(simulator.ledger().totals.repeatedOrders, before + 1)
  })
})

describe('key issue', () => {
  it('answers an AUTOKEY and charges nothing', async () => {
    const before = simulator.ledger().totals.approvals
    const answer = await pay(simulator.url, keyIssue)
    assert.match(answer['AUTOKEY'] ?? '', /^C2026C[0-9A-Z]{7}$/)
    assert.equal(answer['GENDATE'], '20260331233005')
    assert.equal(answer['DAOUTRX'], undefined)
    assert.equal(lastEntry().kind, 'key_issue')
    assert.equal(simulator.ledger().totals.approvals, before)
  })

  it('with DIRECT_YN=Y answers key and charge together, and the ledger has both', async () => {
    const fields = {
      DIRECT_YN: 'Y',
      AMOUNT: '5000',
      QUOTA: '00',
      PRODUCTNAME: '구독',
      PRODUCTTYPE: '1',
    }
    const answer = await pay(simulator.url, { ...keyIssue, ...fields })
    assert.equal(answer['AMOUNT'], '5000')
    assert.ok(answer['AUTOKEY'] && answer['DAOUTRX'] && answer['AUTHNO'])
    assert.deepEqual(
      simulator
        .ledger()
        .entries.slice(-2)
        .map((entry) => entry.kind),
      ['key_issue', 'approval'],
    )
    assert.equal((await charge(answer['AUTOKEY'] ?? ''))['RESULTCODE'], '0000')
  })

  it('with DIRECT_YN=Y issues nothing when the charge is declined', async () => {
    const fields = { DIRECT_YN: 'Y', AMOUNT: '5000', QUOTA: '00', PRODUCTNAME: '구독' }
    const answer = await pay(simulator.url, { ...keyIssue, ...fields, CARDNO: '9366000000202001' })
    assert.equal(answer['RESULTCODE'], 'S201')
    assert.equal(answer['AUTOKEY'], undefined)
    assert.equal(lastEntry().kind, 'decline')
  })

  it('declines an expired card', async () => {
    const answer = await pay(simulator.url, { ...keyIssue, EXPIREDT: '202602' })
    assert.equal(answer['RESULTCODE'], 'S105')
  })
})

describe('a charge by key', () => {
  it('approves and answers the fields of the live sample, without CARDCODE', async () => {
    const AUTOKEY = await issue()
    const answer = await charge(AUTOKEY)
    assert.deepEqual(Object.keys(answer).toSorted(), [
      'AMOUNT',
      'AUTHDATE',
      'AUTHNO',
      'AUTOKEY',
      'CPNAME',
      'CPTELNO',
      'CPURL',
      'DAOUTRX',
      'ERRORMESSAGE',
      'ORDERNO',
      'PAYMETHOD',
      'RESULTCODE',
      'TOKEN',
    ])
    assert.equal(answer['AUTOKEY'], AUTOKEY)
    assert.equal(lastEntry().card, '936600******0000')
  })

  it('knows no key of another contract, another route, or nobody', async () => {
    const AUTOKEY = await issue()
    assert.equal((await charge('C2026C0000000'))['RESULTCODE'], 'S301')
    assert.equal((await charge(AUTOKEY, { PAYMETHOD: 'CARDK-BATCH' }))['RESULTCODE'], 'S301')
    const other = { linkKey: '00000014'.repeat(8) }
    const answer = await pay(simulator.url, { ...keyCharge, CPID: 'CTS00014', AUTOKEY }, other)
    assert.equal(answer['RESULTCODE'], 'S301')
  })

  it('works over the K route with a key of the K route', async () => {
    const AUTOKEY = await issue({ PAYMETHOD: 'CARDK-KEYGEN' })
    assert.equal((await charge(AUTOKEY, { PAYMETHOD: 'CARDK-BATCH' }))['RESULTCODE'], '0000')
  })

  it('is declined once the card behind the key has expired', async () => {
    const AUTOKEY = await issue({ EXPIREDT: '202603' })
    assert.equal((await charge(AUTOKEY))['RESULTCODE'], '0000')
    nowMs += 24 * 60 * 60 * 1000
    assert.equal((await charge(AUTOKEY))['RESULTCODE'], 'S105')
  })

  it('never expires for the guide card', async () => {
    const AUTOKEY = await issue({ CARDNO: guideCardNumber, EXPIREDT: '201901' })
    assert.equal((await charge(AUTOKEY))['RESULTCODE'], '0000')
  })
})

describe('the test cards', () => {
  const codes: Record<string, string> = {
    wrong_birth: 'S102',
    wrong_password: 'S103',
    stolen: 'S104',
    expired: 'S105',
    declined: 'S201',
    over_limit: 'S202',
    insufficient_balance: 'S203',
  }
  const declining = testCards.filter((card) =>
    (declineNames as readonly string[]).includes(card.atCharge),
  )

  for (const card of declining) {
    const when = card.atIssue === null ? 'only when charged' : 'already at key issue'
    it(`…${card.number.slice(-4)} declines as ${card.atCharge}, ${when}`, async () => {
      const code = codes[card.atCharge]
      assert.equal(
        (await pay(simulator.url, { ...keyIn, CARDNO: card.number }))['RESULTCODE'],
        code,
      )
      const issued = await pay(simulator.url, { ...keyIssue, CARDNO: card.number })
      if (card.atIssue === null) {
        assert.equal(issued['RESULTCODE'], '0000')
        assert.equal((await charge(issued['AUTOKEY'] ?? ''))['RESULTCODE'], code)
        assert.equal(lastEntry().kind, 'decline')
      } else {
        assert.equal(issued['RESULTCODE'], code)
        assert.equal(issued['AUTOKEY'], undefined)
      }
    })
  }

  it('register without a fault when the fault is one of charging', async () => {
    for (const card of testCards.filter((card) => card.atIssue === null)) {
      assert.equal(
        (await pay(simulator.url, { ...keyIssue, CARDNO: card.number }))['RESULTCODE'],
        '0000',
      )
    }
  })
})
