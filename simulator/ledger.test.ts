import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import * as fc from 'fast-check'
import { defaultLedgerLimits, Ledger, wholeLedger } from './ledger.ts'
import type { NewEntry } from './ledger-entry.ts'
import { cancelOf, exchange, keyCharge, keyIn, keyIssue, pay } from './raw-terminal.ts'
import { startSimulator } from './simulator.ts'

let folder: string
let file: string
let files = 0
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'simulator-ledger-'))
})
beforeEach(() => {
  files += 1
  file = join(folder, `${files}.ndjson`)
})
after(() => rmSync(folder, { recursive: true }))

const now = () => Date.UTC(2026, 0, 1)
const start = () =>
  startSimulator({ seed: 9, now, ledgerFile: file, delay: () => Promise.resolve() })

const decline = (orderno: string): NewEntry => ({
  kind: 'decline',
  cpid: 'CTS00001',
  paymethod: 'CARD-SUGI',
  orderno,
  amountWon: 1,
  daoutrx: '',
  resultcode: 'S201',
  message: '거절',
})

const approval = (daoutrx: string, orderno: string): NewEntry => ({
  kind: 'approval',
  cpid: 'CTS00001',
  paymethod: 'CARD-SUGI',
  orderno,
  amountWon: 10,
  daoutrx,
  resultcode: '0000',
  billtype: '18',
  quota: '00',
  taxfreecd: '00',
  card: '936600******0000',
  cardcode: 'CCLG',
  keyHash: '',
})

describe('the ledger after a restart', () => {
  it('knows its approvals, keys, cancels and stops again', async () => {
    const first = await start()
    const keys: string[] = []
    const paid: string[] = []
    for (let at = 0; at < 2; at += 1) {
      const AUTOKEY = (await pay(first.url, keyIssue))['AUTOKEY'] ?? ''
      keys.push(AUTOKEY)
      paid.push((await pay(first.url, { ...keyCharge, AUTOKEY }))['DAOUTRX'] ?? '')
    }
    const batch = { PAYMETHOD: 'CARD-BATCH' }
    await pay(first.url, cancelOf(paid[0] ?? '', { ...batch, AMOUNT: '1000' }))
    await pay(
      first.url,
      cancelOf(paid[1] ?? '', { ...batch, AMOUNT: '0', CANCELREASON: '[STOPREQ]' }),
    )
    const before = first.ledger()
    await first.close()

    const second = await start()
    try {
      assert.deepEqual(second.ledger(), before)
      const codes = [
        await pay(second.url, cancelOf(paid[0] ?? '', { ...batch, AMOUNT: '2001' })),
        await pay(second.url, cancelOf(paid[0] ?? '', { ...batch, AMOUNT: '2000' })),
        await pay(second.url, cancelOf(paid[0] ?? '', { ...batch, AMOUNT: '1' })),
        await pay(second.url, { ...keyCharge, AUTOKEY: keys[0] }),
        await pay(second.url, { ...keyCharge, AUTOKEY: keys[1] }),
      ].map((answer) => answer['RESULTCODE'])
      assert.deepEqual(codes, ['S402', '0000', '9206', '0000', 'S302'])
      const ids = second.ledger().entries.filter((entry) => entry.kind === 'approval')
      assert.equal(new Set(ids.map((entry) => entry.daoutrx)).size, 3)
    } finally {
      await second.close()
    }
  })

  it('remembers how a fault card behaves, though not its number', async () => {
    const first = await start()
    const issued = await pay(first.url, { ...keyIssue, CARDNO: '9366000000903004' })
    await first.close()
    const second = await start()
    try {
      const outcome = await exchange(second.url, { ...keyCharge, AUTOKEY: issued['AUTOKEY'] })
      assert.equal(outcome.kind, 'broken')
      assert.equal(second.ledger().totals.approvals, 1)
    } finally {
      await second.close()
    }
  })

  it('calls lost what was pending', () => {
    const first = new Ledger(file, defaultLedgerLimits)
    first.append([decline('a')], 'pending', now())
    first.append([decline('b')], 'pending', now())
    first.amend([2], 'delivered')
    first.close()
    const second = new Ledger(file, defaultLedgerLimits)
    const fates = second.view(wholeLedger).entries.map((entry) => entry.answer)
    second.close()
    assert.deepEqual(fates, ['lost', 'delivered'])
  })

  it('is the same ledger, wherever its last write was torn', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 8 }), { minLength: 1, maxLength: 6 }),
        fc.nat(),
        (orders, at) => {
          writeFileSync(file, '')
          const first = new Ledger(file, defaultLedgerLimits)
          for (const order of orders) first.append([decline(order)], 'delivered', now())
          first.close()
          const whole = readFileSync(file)
          const cut = at % (whole.length + 1)
          writeFileSync(file, whole.subarray(0, cut))
          const second = new Ledger(file, defaultLedgerLimits)
          second.append([decline('next')], 'delivered', now())
          second.close()
          const survivors = whole.subarray(0, cut).toString('utf8').split('\n').length - 1
          const third = new Ledger(file, defaultLedgerLimits)
          const { entries } = third.view(wholeLedger)
          third.close()
          assert.deepEqual(
            entries.map((entry) => [entry.seq, entry.orderno]),
            [...orders.slice(0, survivors), 'next'].map((order, index) => [index + 1, order]),
          )
        },
      ),
    )
  })

  it('refuses to start on damage in the middle, and names the line', async () => {
    const first = await start()
    await pay(first.url, keyIn)
    await first.close()
    appendFileSync(file, '{"seq":2,\n{"seq":3}\n')
    await assert.rejects(start(), /line 2 is not JSON/)
  })
})

describe('the ledger file', () => {
  it('holds no card number, password, birth, link key or AUTOKEY', async () => {
    const simulator = await start()
    const card = { CARDNO: '9381000000000000', CARDAUTH: '830412', CARDPASSWORD: '73' }
    const { AUTOKEY = '' } = await pay(simulator.url, { ...keyIssue, ...card })
    await pay(simulator.url, { ...keyCharge, AUTOKEY })
    await pay(simulator.url, { ...keyIn, ...card, BILLTYPE: '13' })
    await pay(simulator.url, { ...keyIn, ...card, EXPIREDT: '9381' })
    await simulator.close()
    const text = readFileSync(file, 'utf8')
    assert.equal(text.trimEnd().split('\n').length, 4)
    assert.ok(text.includes('938100******0000'))
    for (const secret of [card.CARDNO, card.CARDAUTH, '"73"', AUTOKEY, '0000000100000001']) {
      assert.ok(!text.includes(secret), secret)
    }
  })

  it('is written before the answer leaves', async () => {
    const simulator = await start()
    try {
      for (let at = 1; at <= 5; at += 1) {
        await pay(simulator.url, keyIn)
        assert.equal(readFileSync(file, 'utf8').trimEnd().split('\n').length, at)
      }
    } finally {
      await simulator.close()
    }
  })
})

describe('the memory of the ledger', () => {
  it('forgets the oldest beyond its limits, and keeps the totals', () => {
    const ledger = new Ledger(null, { entries: 10, approvals: 3, keys: 3 })
    for (let at = 1; at <= 40; at += 1) {
      ledger.append([approval(`T${at}`, `o${at}`)], 'delivered', now())
    }
    assert.equal(ledger.approval('T37'), undefined)
    assert.ok(ledger.approval('T38') !== undefined)
    assert.ok(!ledger.hasApprovedOrder('CTS00001', 'o37'))
    const { totals, entries } = ledger.view(wholeLedger)
    assert.equal(totals.approvals, 40)
    assert.equal(totals.approvedAmount, 400)
    assert.ok(entries.length >= 10 && entries.length <= 15)
    assert.equal(entries.at(-1)?.seq, 40)
    const page = ledger.view({ ...wholeLedger, since: 38 })
    assert.deepEqual(
      page.entries.map((entry) => entry.seq),
      [39, 40],
    )
    ledger.amend([40, 1], 'lost')
    assert.equal(ledger.view(wholeLedger).entries.at(-1)?.answer, 'lost')
  })
})
