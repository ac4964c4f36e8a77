import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import iconv from 'iconv-lite'
import {
  cancelOf,
  control,
  exchange,
  keyCharge,
  keyIn,
  keyIssue,
  pay,
  postFields,
  readAnswer,
  ready,
  sandbox,
  type Values,
} from './raw-terminal.ts'
import { startSimulator, type Simulator } from './simulator.ts'

let simulator: Simulator
let nowMs = Date.UTC(2026, 0, 1)
let delaysMs: number[] = []
before(async () => {
  simulator = await startSimulator({
    seed: 7,
    now: () => nowMs,
    delay: async (ms) => void delaysMs.push(ms),
  })
})
beforeEach(async () => {
  delaysMs = []
  await control(simulator.url, 'DELETE /_settings')
})
after(() => simulator.close())

const set = (settings: Values) => control(simulator.url, 'POST /_settings', settings)

const codeOf = async (fields: Values, bytes?: Buffer): Promise<string | undefined> =>
  (await pay(simulator.url, fields, bytes === undefined ? {} : { bytes }))['RESULTCODE']

describe('switches of the request', () => {
  it('contentType any decodes what the header declares', async () => {
    await set({ contentType: 'any' })
    const bytes = Buffer.from(JSON.stringify(keyIn))
    const contentType = 'application/json; charset=utf-8'
    const answer = await pay(simulator.url, keyIn, { bytes, contentType })
    assert.equal(answer['RESULTCODE'], '0000')
    assert.equal(
      (await pay(simulator.url, keyIn, { contentType: 'application/json' }))['RESULTCODE'],
      '0000',
    )
  })

  it('undecodable, overLong and nonString accept what they refuse by default', async () => {
    const cp949 = { ...keyIn, USERNAME: '뷁' }
    const bytes = iconv.encode(JSON.stringify(cp949), 'cp949')
    const long = { ...keyIn, PRODUCTNAME: '가'.repeat(40) }
    const numeric = { ...keyIn, AMOUNT: 3000 }
    const codes = async () => [
      await codeOf(cp949, bytes),
      await codeOf(long),
      await codeOf(numeric),
    ]
    assert.deepEqual(await codes(), ['9001', '9001', '9001'])
    await set({ undecodable: 'accept', overLong: 'accept', nonString: 'accept' })
    assert.deepEqual(await codes(), ['0000', '0000', '0000'])
  })

  it('requiredFields follows either source, or both', async () => {
    const { IPADDRESS: _ip, CARDPASSWORD: _password, ...bare } = keyIssue
    const asConsole = { ...bare, PRODUCTCODE: 'PLAN' }
    const codes = async () => [await codeOf(keyIssue), await codeOf(asConsole)]
    assert.deepEqual(await codes(), ['0000', '9001'])
    await set({ requiredFields: 's4' })
    assert.deepEqual(await codes(), ['9001', '0000'])
    await set({ requiredFields: 'union' })
    assert.deepEqual(await codes(), ['9001', '9001'])
    assert.equal(await codeOf({ ...keyIssue, PRODUCTCODE: 'PLAN' }), '0000')
  })

  it('mixedTaxField ignored frees PRODUCTCODE everywhere but in CARD-BATCH', async () => {
    await set({ mixedTaxField: 'ignored' })
    assert.equal(await codeOf({ ...keyIn, TAXFREECD: '02', PRODUCTCODE: 'PLAN' }), '0000')
    const batch = { ...keyCharge, TAXFREECD: '02', PRODUCTCODE: 'PLAN', AUTOKEY: 'C2026A0000000' }
    assert.equal(await codeOf(batch), '9001')
  })

  it('cancelReasonUnit bytes halves the room for Hangul', async () => {
    const daoutrx = (await pay(simulator.url, keyIn))['DAOUTRX'] ?? ''
    await set({ cancelReasonUnit: 'bytes' })
    assert.equal(await codeOf(cancelOf(daoutrx, { CANCELREASON: '가'.repeat(11) })), '9001')
    assert.equal(await codeOf(cancelOf(daoutrx, { CANCELREASON: '가'.repeat(10) })), '0000')
  })
})

describe('switches of the token and the ready step', () => {
  it('tokenSingleUse false lets a token charge again until it expires', async () => {
    await set({ tokenSingleUse: false, tokenLifetimeMs: 1000 })
    const { RETURNURL = '', TOKEN = '' } = await ready(simulator.url, { PAYMETHOD: 'CARD-SUGI' })
    const use = async () =>
      readAnswer(await postFields(RETURNURL, keyIn, { token: TOKEN }))['RESULTCODE']
    assert.deepEqual([await use(), await use()], ['0000', '0000'])
    nowMs += 1001
    assert.equal(await use(), '9003')
  })

  it('readyResultCode adds 0000, readyFailure turns a refusal into FAIL, FAIL', async () => {
    await set({ readyResultCode: true, readyFailure: 'fail_fail' })
    assert.equal((await ready(simulator.url, { PAYMETHOD: 'CARD-SUGI' }))['RESULTCODE'], '0000')
    const failed = { RETURNURL: 'FAIL', TOKEN: 'FAIL' }
    assert.deepEqual(await ready(simulator.url, { PAYMETHOD: 'KT' }), failed)
    const options = { linkKey: 'f'.repeat(64) }
    assert.deepEqual(await ready(simulator.url, { PAYMETHOD: 'CARD-SUGI' }, options), failed)
  })
})

describe('switches of the answer', () => {
  it('responseCharset and responseCharsetHeader change bytes and header', async () => {
    await set({ responseCharset: 'utf-8' })
    const utf8 = await exchange(simulator.url, keyIn)
    assert.ok(utf8.kind === 'answer')
    assert.equal(utf8.contentType, 'application/json; charset=UTF-8')
    assert.ok(utf8.bytes.toString('utf8').includes('정상 처리'))
    await set({ responseCharsetHeader: false })
    const bare = await exchange(simulator.url, keyIn)
    assert.equal(bare.kind === 'answer' && bare.contentType, 'application/json')
  })

  it('errorStatus by_error answers errors with a status of their own', async () => {
    const statusOf = async (fields: Values) => {
      const outcome = await exchange(simulator.url, fields)
      return outcome.kind === 'answer' ? outcome.status : 0
    }
    assert.equal(await statusOf({ ...keyIn, AMOUNT: '0' }), 200)
    await set({ errorStatus: 'by_error' })
    assert.equal(await statusOf({ ...keyIn, AMOUNT: '0' }), 400)
    assert.equal(await statusOf(keyIn), 200)
  })

  it('answerFields sparse leaves out what is not sure', async () => {
    await set({ answerFields: 'sparse' })
    const paid = await pay(simulator.url, keyIn)
    assert.ok(!('CARDCODE' in paid))
    assert.ok(!('ORDERNO' in (await pay(simulator.url, keyIssue))))
    const cancelled = await pay(simulator.url, cancelOf(paid['DAOUTRX'] ?? ''))
    assert.deepEqual(Object.keys(cancelled).toSorted(), [
      'AMOUNT',
      'CANCELDATE',
      'ERRORMESSAGE',
      'RESULTCODE',
      'TOKEN',
      'TRXID',
    ])
  })

  it('meaning9103 and resultCodes say which code stands for what', async () => {
    const wrongKey = { linkKey: 'f'.repeat(64) }
    const wrongType = { ...keyIn, BILLTYPE: '14' }
    await set({ meaning9103: 'link_key', resultCodes: { declined: '8037' } })
    assert.equal(
      (await ready(simulator.url, { PAYMETHOD: 'CARD-SUGI' }, wrongKey))['RESULTCODE'],
      '9103',
    )
    assert.equal(await codeOf(wrongType), 'S505')
    assert.equal(await codeOf({ ...keyIn, CARDNO: '9366000000202001' }), '8037')
  })
})

describe('switches of the books', () => {
  it('directAnswer key_only keeps the charge out of the answer, not out of the ledger', async () => {
    await set({ directAnswer: 'key_only' })
    const direct = { ...keyIssue, DIRECT_YN: 'Y', AMOUNT: '3000', QUOTA: '00' }
    const answer = await pay(simulator.url, direct)
    assert.ok(answer['AUTOKEY'] && !('DAOUTRX' in answer) && !('AMOUNT' in answer))
    assert.equal(simulator.ledger().entries.at(-1)?.kind, 'approval')
  })

  it('failedDirectKeepsKey leaves a key behind a declined charge', async () => {
    await set({ failedDirectKeepsKey: true })
    const direct = {
      ...keyIssue,
      DIRECT_YN: 'Y',
      AMOUNT: '3000',
      QUOTA: '00',
      CARDNO: '9366000000202001',
    }
    const answer = await pay(simulator.url, direct)
    assert.equal(answer['RESULTCODE'], 'S201')
    assert.equal(await codeOf({ ...keyCharge, AUTOKEY: answer['AUTOKEY'] }), 'S201')
    assert.equal(await codeOf({ ...keyCharge, AUTOKEY: 'C2026A0000000' }), 'S301')
  })

  it('duplicateOrder refuse answers 9002 to an ORDERNO that was approved before', async () => {
    await set({ duplicateOrder: 'refuse' })
    const fields = { ...keyIn, ORDERNO: 'only-once' }
    assert.equal(await codeOf({ ...fields, CARDNO: '9366000000202001' }), 'S201')
    assert.equal(await codeOf(fields), '0000')
    assert.equal(await codeOf(fields), '9002')
  })

  it('stopRequest off takes [STOPREQ] for reserved characters', async () => {
    await set({ stopRequest: 'off' })
    const stop = { PAYMETHOD: 'CARD-BATCH', AMOUNT: '0', CANCELREASON: '[STOPREQ]' }
    assert.equal(await codeOf(cancelOf('CTS26010109000000001', stop)), '9001')
  })

  it('partialCancelsMax bounds the partial cancels, never the one that ends them', async () => {
    await set({ partialCancelsMax: 1 })
    const daoutrx = (await pay(simulator.url, keyIn))['DAOUTRX'] ?? ''
    assert.equal(await codeOf(cancelOf(daoutrx, { AMOUNT: '1' })), '0000')
    assert.equal(await codeOf(cancelOf(daoutrx, { AMOUNT: '1' })), 'S403')
    assert.equal(await codeOf(cancelOf(daoutrx, { AMOUNT: '2999' })), '0000')
  })

  it('cancelId own gives each cancel an id of its own', async () => {
    await set({ cancelId: 'own' })
    const daoutrx = (await pay(simulator.url, keyIn))['DAOUTRX'] ?? ''
    const ids = new Set([daoutrx])
    for (const AMOUNT of ['1', '2']) {
      ids.add((await pay(simulator.url, cancelOf(daoutrx, { AMOUNT })))['TRXID'] ?? '')
    }
    assert.equal(ids.size, 3)
  })

  it('ratePerSecond refuses what goes over it, per method, until the next second', async () => {
    await set({ ratePerSecond: 2 })
    nowMs += 10_000
    const codes = [await codeOf(keyIn), await codeOf(keyIn), await codeOf(keyIn)]
    assert.deepEqual(codes, ['0000', '0000', 'S504'])
    assert.equal(await codeOf({ ...keyIn, PAYMETHOD: 'CARDK-SUGI' }), '0000')
    nowMs += 1000
    assert.equal(await codeOf(keyIn), '0000')
  })
})

describe('the latency model', () => {
  it('delays each step around its median, and repeats with the seed', async () => {
    const run = async (): Promise<number[]> => {
      delaysMs = []
      const settings = { latencyMs: { p50: 120, p99: 380 }, readyLatencyMs: { p50: 20, p99: 60 } }
      const seeded = await startSimulator({
        seed: 8,
        settings,
        delay: async (ms) => void delaysMs.push(ms),
      })
      for (let at = 0; at < 40; at += 1) {
        const { RETURNURL = '', TOKEN = '' } = await ready(seeded.url, {
          CPID: sandbox.cpid,
          PAYMETHOD: 'CARD-SUGI',
        })
        await postFields(RETURNURL, keyIn, { token: TOKEN })
      }
      await seeded.close()
      return delaysMs
    }
    const first = await run()
    assert.deepEqual(await run(), first)
    const execute = first.filter((_, at) => at % 2 === 1).toSorted((a, b) => a - b)
    assert.equal(execute.length, 40)
    const median = execute[20] ?? 0
    assert.ok(median > 90 && median < 160, String(median))
  })
})
