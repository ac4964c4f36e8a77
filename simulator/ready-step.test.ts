import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { syntheticContracts } from './contracts.ts'
import {
  cancelOf,
  exchange,
  keyCharge,
  keyIn,
  keyIssue,
  pay,
  postFields,
  readAnswer,
  ready,
  sandbox,
  send,
} from './raw-terminal.ts'
import { startSimulator, type Simulator } from './simulator.ts'

let simulator: Simulator
let nowMs = Date.UTC(2026, 0, 15, 3)
before(async () => {
  simulator = await startSimulator({ seed: 2, now: () => nowMs })
})
after(() => simulator.close())

const linkKeyOf = (cpid: string): string => {
  const found = syntheticContracts.find((contract) => contract.cpid === cpid)
  assert.ok(found !== undefined)
  return found.linkKey
}

async function readyCode(
  cpid: string,
  PAYMETHOD: string,
  linkKey?: string,
): Promise<string | undefined> {
  const answer = await ready(
    simulator.url,
    { CPID: cpid, PAYMETHOD },
    { linkKey: linkKey ?? linkKeyOf(cpid) },
  )
  return answer['RESULTCODE']
}

describe('the ready step', () => {
  it('answers RETURNURL and TOKEN, and nothing else', async () => {
    const answer = await ready(simulator.url, { PAYMETHOD: 'CARD-SUGI' })
    assert.deepEqual(Object.keys(answer).toSorted(), ['RETURNURL', 'TOKEN'])
    assert.match(answer['TOKEN'] ?? '', /^[0-9a-f]{34}$/)
    assert.ok(answer['RETURNURL']?.startsWith(`${simulator.url}/pay/`))
  })

  it('gives each method a path of its own, the same each time', async () => {
    const urls = new Set<string | undefined>()
    for (const PAYMETHOD of [
      'CARD-SUGI',
      'CARD-KEYGEN',
      'CARD-BATCH',
      'CARDK-SUGI',
      'CARDK-BATCH',
    ]) {
      const first = await ready(simulator.url, { PAYMETHOD })
      const second = await ready(simulator.url, { PAYMETHOD })
      assert.equal(first['RETURNURL'], second['RETURNURL'])
      urls.add(first['RETURNURL'])
    }
    urls.add((await ready(simulator.url, { PAYMETHOD: 'CARD-BATCH', CANCELREQ: 'Y' }))['RETURNURL'])
    assert.equal(urls.size, 6)
  })

  it('names in RETURNURL the host the client asked for', async () => {
    const url = simulator.url.replace('127.0.0.1', 'localhost')
    const answer = readAnswer(
      await postFields(
        `${simulator.url}/pay/ready`,
        { CPID: sandbox.cpid, PAYMETHOD: 'CARD-SUGI' },
        { host: url.slice('http://'.length) },
      ),
    )
    assert.ok(answer['RETURNURL']?.startsWith(`${url}/pay/`))
  })

  it('tolerates the whole second step in its body', async () => {
    assert.ok((await ready(simulator.url, keyIn))['TOKEN'])
  })

  it('refuses what it does not know, each by its code', async () => {
    assert.equal(await readyCode('CTS99999', 'CARD-SUGI', sandbox.linkKey), '9101')
    assert.equal(await readyCode('CTS00104', 'CARD-SUGI'), '9104')
    assert.equal(await readyCode('CTS00105', 'CARD-SUGI'), '9105')
    assert.equal(await readyCode('CTS00001', 'CARD-SUGI', 'f'.repeat(64)), 'S501')
    assert.equal(await readyCode('CTS00001', 'CARD-SUGI', `Bearer ${sandbox.linkKey}`), 'S501')
    assert.equal(await readyCode('CTS00001', 'CARD'), '9102')
    assert.equal(await readyCode('CTS00001', 'VACCOUNT-ISSUE'), '9102')
    assert.equal(await readyCode('', 'CARD-SUGI', sandbox.linkKey), '9001')
    assert.equal(await readyCode('CTS00001', ''), '9001')
  })

  it('opens only the methods of the contract', async () => {
    const methods = [
      'CARD-SUGI',
      'CARD-KEYGEN',
      'CARD-BATCH',
      'CARDK-SUGI',
      'CARDK-KEYGEN',
      'CARDK-BATCH',
    ]
    const open: Record<string, string[]> = {
      CTS00001: methods,
      CTS00013: ['CARD-SUGI', 'CARDK-SUGI'],
      CTS00014: ['CARD-KEYGEN', 'CARD-BATCH', 'CARDK-KEYGEN', 'CARDK-BATCH'],
      CTS00018: ['CARD-SUGI', 'CARDK-SUGI'],
      CTS00201: ['CARD-SUGI', 'CARD-KEYGEN', 'CARD-BATCH'],
      CTS00202: ['CARDK-SUGI', 'CARDK-KEYGEN', 'CARDK-BATCH'],
    }
    for (const [cpid, opened] of Object.entries(open)) {
      for (const method of methods) {
        const expected = opened.includes(method) ? undefined : '9102'
        assert.equal(await readyCode(cpid, method), expected, `${cpid} ${method}`)
      }
    }
  })

  it('answers POST only', async () => {
    const outcome = await send(`${simulator.url}/pay/ready`, { method: 'GET' })
    assert.equal(outcome.kind === 'answer' && outcome.status, 405)
  })
})

describe('the contract', () => {
  it('bounds BILLTYPE in the execute step', async () => {
    const verified = { BILLTYPE: '13', CARDAUTH: '820213', CARDPASSWORD: '00' }
    const codes: [string, Record<string, unknown>, string][] = [
      ['CTS00018', keyIn, '0000'],
      ['CTS00018', { ...keyIn, ...verified }, '9103'],
      ['CTS00013', { ...keyIn, ...verified }, '0000'],
      ['CTS00013', keyIn, '9103'],
      ['CTS00001', { ...keyIn, BILLTYPE: '1' }, '9103'],
      ['CTS00001', { ...keyIn, BILLTYPE: '14' }, '9103'],
      ['CTS00014', { ...keyIssue, BILLTYPE: '18' }, '9103'],
    ]
    for (const [CPID, fields, code] of codes) {
      const answer = await pay(simulator.url, { ...fields, CPID }, { linkKey: linkKeyOf(CPID) })
      assert.equal(answer['RESULTCODE'], code, `${CPID} ${String(fields['BILLTYPE'])}`)
    }
  })

  it('bounds PRODUCTTYPE in the execute step', async () => {
    for (const [CPID, PRODUCTTYPE, code] of [
      ['CTS00101', '1', '0000'],
      ['CTS00101', '2', 'S502'],
      ['CTS00102', '1', 'S502'],
      ['CTS00102', '2', '0000'],
    ] as const) {
      const fields = { ...keyIn, CPID, PRODUCTTYPE }
      const answer = await pay(simulator.url, fields, { linkKey: linkKeyOf(CPID) })
      assert.equal(answer['RESULTCODE'], code, `${CPID} ${PRODUCTTYPE}`)
    }
  })
})

describe('a token', () => {
  const grant = async (fields: Record<string, unknown> = { PAYMETHOD: 'CARD-SUGI' }) => {
    const { RETURNURL = '', TOKEN = '' } = await ready(simulator.url, fields)
    return { url: RETURNURL, token: TOKEN }
  }
  const codeOf = async (url: string, token: string, fields = keyIn, linkKey = sandbox.linkKey) =>
    readAnswer(await postFields(url, fields, token === '' ? {} : { token }, { linkKey }))[
      'RESULTCODE'
    ]

  it('serves once', async () => {
    const { url, token } = await grant()
    assert.equal(await codeOf(url, token), '0000')
    assert.equal(await codeOf(url, token), '9004')
  })

  it('charges once however many use it at the same time', async () => {
    const ORDERNO = 'order-rush'
    const { url, token } = await grant()
    const codes = await Promise.all(
      Array.from({ length: 20 }, () => codeOf(url, token, { ...keyIn, ORDERNO })),
    )
    assert.deepEqual(
      codes.toSorted((a = '', b = '') => a.localeCompare(b)),
      ['0000', ...Array.from({ length: 19 }, () => '9004')],
    )
    const { entries } = simulator.ledger()
    assert.equal(entries.filter((entry) => entry.orderno === ORDERNO).length, 1)
  })

  it('is spent by a request that is refused', async () => {
    const { url, token } = await grant()
    assert.equal(await codeOf(url, token, { ...keyIn, AMOUNT: '0' }), '9001')
    assert.equal(await codeOf(url, token), '9004')
  })

  it('expires after five minutes', async () => {
    const inTime = await grant()
    const late = await grant()
    nowMs += 300_000
    assert.equal(await codeOf(inTime.url, inTime.token), '0000')
    nowMs += 1
    assert.equal(await codeOf(late.url, late.token), '9003')
  })

  it('is needed, must exist, and belongs to its path, its key, its CPID and its method', async () => {
    const { url, token } = await grant()
    assert.equal(await codeOf(url, ''), '9004')
    assert.equal(await codeOf(url, '0'.repeat(34)), '9004')
    const batch = await grant({ PAYMETHOD: 'CARD-BATCH' })
    assert.equal(await codeOf(batch.url, token), '9004')
    assert.equal(await codeOf(`${simulator.url}/pay/x/guessed`, token), '9004')
    assert.equal(await codeOf(url, token, keyIn, linkKeyOf('CTS00018')), 'S501')
    const others = await grant()
    assert.equal(await codeOf(others.url, others.token, { ...keyIn, CPID: 'CTS00018' }), '9004')
    const method = await grant()
    assert.equal(
      await codeOf(method.url, method.token, { ...keyIn, PAYMETHOD: 'CARD-BATCH' }),
      '9102',
    )
    // None of the attempts from outside spent the first token.
    assert.equal(await codeOf(url, token), '0000')
  })

  it('for a cancel does not charge, nor the other way about', async () => {
    const before = simulator.ledger().totals
    const cancel = await grant({ PAYMETHOD: 'CARD', CANCELREQ: 'Y' })
    assert.equal(await codeOf(cancel.url, cancel.token, keyIn), '9001')
    const charge = await grant()
    assert.equal(await codeOf(charge.url, charge.token, cancelOf('CTS26011512000000001')), '9102')
    assert.equal(simulator.ledger().totals.approvals, before.approvals)
  })

  it('of nobody leaves no trace in the ledger', async () => {
    const before = simulator.ledger().totals
    await exchange(simulator.url, { ...keyCharge, AUTOKEY: 'C2026A0000000' })
    assert.equal(simulator.ledger().totals.entries, before.entries + 1)
    const { url } = await grant()
    await codeOf(url, 'nonsense')
    assert.equal(simulator.ledger().totals.entries, before.entries + 1)
  })
})
