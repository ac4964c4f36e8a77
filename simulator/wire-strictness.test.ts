import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import iconv from 'iconv-lite'
import * as fc from 'fast-check'
import { startSimulator, type Simulator } from './simulator.ts'
import {
  exchange,
  keyCharge,
  keyIn,
  keyIssue,
  pay,
  postFields,
  readAnswer,
  ready,
} from './raw-terminal.ts'
import { eucKrLength, isWellFormedEucKr } from './wire-decoding.ts'

let simulator: Simulator
before(async () => {
  simulator = await startSimulator({ seed: 1 })
})
after(() => simulator.close())

async function codeOf(
  fields: Record<string, unknown>,
  bytes?: Buffer,
): Promise<string | undefined> {
  const answer = await pay(simulator.url, fields, bytes === undefined ? {} : { bytes })
  return answer['RESULTCODE']
}

describe('the bytes of a request', () => {
  it('are refused without a declared charset of EUC-KR', async () => {
    for (const contentType of [
      'application/json',
      'application/json; charset=utf-8',
      'text/plain',
    ]) {
      const answer = await ready(simulator.url, { PAYMETHOD: 'CARD-SUGI' }, { contentType })
      assert.equal(answer['RESULTCODE'], 'S001', contentType)
    }
  })

  it('are taken with the charset spelled in any usual way', async () => {
    for (const contentType of [
      'application/json;charset=euc-kr',
      'application/json; charset="EUC-KR"',
    ]) {
      const answer = await ready(simulator.url, { PAYMETHOD: 'CARD-SUGI' }, { contentType })
      assert.equal(answer['TOKEN']?.length, 34, contentType)
    }
  })

  it('are refused when they hold a syllable that only CP949 has', async () => {
    const fields = { ...keyIn, USERNAME: '뷁' }
    assert.equal(await codeOf(fields, iconv.encode(JSON.stringify(fields), 'cp949')), '9001')
  })

  it('are refused in UTF-8', async () => {
    assert.equal(await codeOf(keyIn, Buffer.from(JSON.stringify(keyIn))), '9001')
  })

  it('are refused with a pair from a row that KS X 1001 leaves empty', async () => {
    const text = JSON.stringify({ ...keyIn, USERNAME: 'AA' })
    const bytes = Buffer.from(iconv.encode(text, 'euc-kr'))
    const at = bytes.indexOf('"AA"') + 1
    bytes[at] = 0xad
    bytes[at + 1] = 0xa1
    assert.equal(await codeOf(keyIn, bytes), '9001')
  })

  it('may name a character by its JSON escape, if EUC-KR has it', async () => {
    const escaped = (text: string): Buffer =>
      Buffer.from(JSON.stringify(keyIn).replace(/[^\x20-\x7e]+/g, text), 'latin1')
    assert.equal(await codeOf(keyIn, escaped(String.raw`\uad6c\ub3c5`)), '0000')
    assert.equal(await codeOf(keyIn, escaped(String.raw`\ubdc1`)), '9001')
  })

  it('are refused when they are no JSON object', async () => {
    for (const text of ['', '[]', 'null', '{"CPID":', '"CTS00001"']) {
      assert.equal(await codeOf(keyIn, Buffer.from(text)), 'S002', text)
    }
  })

  it('carry exactly the 2,350 Hangul syllables of KS X 1001', () => {
    let carried = 0
    for (let code = 0xac00; code <= 0xd7a3; code += 1) {
      const length = eucKrLength(String.fromCodePoint(code))
      if (length !== null) carried += 1
      assert.ok(length === null || length === 2)
    }
    assert.equal(carried, 2350)
  })

  it('have a length only where the platform’s own decoder reads the same text back', () => {
    const decoder = new TextDecoder('euc-kr', { fatal: true })
    const korean = fc.string({
      unit: fc.constantFrom('가', '힝', '뷁', '漢', 'a', '·', '😀', 'ㄱ'),
    })
    fc.assert(
      fc.property(korean, (text) => {
        const length = eucKrLength(text)
        assert.equal(length === null, /[뷁😀]/u.test(text))
        if (length === null) return
        const bytes = iconv.encode(text, 'euc-kr')
        assert.equal(bytes.length, length)
        assert.ok(isWellFormedEucKr(bytes))
        assert.equal(decoder.decode(bytes), text)
      }),
    )
  })
})

describe('a value', () => {
  it('must be a JSON string', async () => {
    for (const AMOUNT of [3000, true, null, ['3000'], { won: '3000' }]) {
      assert.equal(await codeOf({ ...keyIn, AMOUNT }), '9001')
    }
  })

  it('must not hold a pipe, whichever the field', async () => {
    for (const name of ['ORDERNO', 'PRODUCTNAME', 'USERNAME', 'RESERVEDSTRING', 'UNKNOWN']) {
      assert.equal(await codeOf({ ...keyIn, [name]: 'a|b' }), '9011', name)
    }
  })

  it('is measured in bytes, two to a Hangul syllable', async () => {
    assert.equal(await codeOf({ ...keyIn, PRODUCTNAME: '가'.repeat(25) }), '0000')
    assert.equal(await codeOf({ ...keyIn, PRODUCTNAME: '가'.repeat(25) + 'a' }), '9001')
    assert.equal(await codeOf({ ...keyIn, ORDERNO: 'o'.repeat(51) }), '9001')
    assert.equal(await codeOf({ ...keyIn, EMAIL: 'e'.repeat(101) }), '9001')
  })

  it('must have the format its field asks for', async () => {
    const wrong: Record<string, string[]> = {
      AMOUNT: ['3,000', '3000.5', '-1', '03000', '0', '1e3', '12345678901'],
      CARDNO: ['9366-0000-0090-0000', '9366 0000'],
      EXPIREDT: ['3012', '203013', '203000', '2030-12'],
      QUOTA: ['1', '01', '13', '2'],
      TAXFREECD: ['3', '03'],
      IPADDRESS: ['localhost', '::1', '1.2.3'],
      PRODUCTTYPE: ['3'],
      BILLTYPE: ['15'],
    }
    for (const [name, values] of Object.entries(wrong)) {
      for (const value of values) {
        assert.equal(await codeOf({ ...keyIn, [name]: value }), '9001', `${name}=${value}`)
      }
    }
    for (const CARDAUTH of ['82021', '8202133', '123456789', 'abcdef']) {
      assert.equal(await codeOf({ ...keyIssue, CARDAUTH }), '9001', CARDAUTH)
    }
    assert.equal(await codeOf({ ...keyIssue, CARDAUTH: '1234567890' }), '0000')
    assert.equal(await codeOf({ ...keyIssue, CARDPASSWORD: '0' }), '9001')
    assert.equal(await codeOf({ ...keyIssue, DIRECT_YN: 'y' }), '9001')
  })
})

describe('a required field', () => {
  const cases: [string, Record<string, unknown>, string[]][] = [
    [
      'CARD-SUGI',
      keyIn,
      [
        'ORDERNO',
        'BILLTYPE',
        'PRODUCTTYPE',
        'AMOUNT',
        'PRODUCTNAME',
        'IPADDRESS',
        'USERID',
        'CARDNO',
        'EXPIREDT',
        'QUOTA',
        'TAXFREECD',
      ],
    ],
    [
      'CARD-SUGI with birth and password',
      { ...keyIn, BILLTYPE: '13', CARDAUTH: '820213', CARDPASSWORD: '00' },
      ['CARDAUTH', 'CARDPASSWORD'],
    ],
    [
      'CARD-KEYGEN',
      keyIssue,
      [
        'ORDERNO',
        'BILLTYPE',
        'IPADDRESS',
        'USERID',
        'CARDNO',
        'EXPIREDT',
        'CARDAUTH',
        'CARDPASSWORD',
        'DIRECT_YN',
      ],
    ],
    [
      'CARD-KEYGEN that charges',
      { ...keyIssue, DIRECT_YN: 'Y', AMOUNT: '3000', QUOTA: '00' },
      ['AMOUNT', 'QUOTA'],
    ],
    [
      'CARD-BATCH',
      { ...keyCharge, AUTOKEY: 'C2025A0000000' },
      [
        'ORDERNO',
        'BILLTYPE',
        'PRODUCTTYPE',
        'AMOUNT',
        'PRODUCTNAME',
        'IPADDRESS',
        'USERID',
        'AUTOKEY',
        'QUOTA',
      ],
    ],
  ]
  for (const [method, complete, names] of cases) {
    it(`of ${method} is missed when absent, and when empty`, async () => {
      assert.notEqual(await codeOf(complete), '9001')
      for (const name of names) {
        const { [name]: _absent, ...rest } = complete
        assert.equal(await codeOf(rest), '9001', `${name} absent`)
        assert.equal(await codeOf({ ...complete, [name]: '' }), '9001', `${name} empty`)
      }
    })
  }

  it('is never CARDPASSWORD for CARDK-KEYGEN, which takes none', async () => {
    const { CARDPASSWORD: _absent, ...rest } = keyIssue
    assert.equal(await codeOf({ ...rest, PAYMETHOD: 'CARDK-KEYGEN' }), '0000')
  })

  it('is named in the message, and its value never is', async () => {
    const answer = await pay(simulator.url, { ...keyIn, EXPIREDT: '999999' })
    assert.match(answer['ERRORMESSAGE'] ?? '', /EXPIREDT/)
    assert.doesNotMatch(answer['ERRORMESSAGE'] ?? '', /999999/)
  })
})

describe('money rules of the wire', () => {
  it('refuse instalments under 50,000 won', async () => {
    assert.equal(await codeOf({ ...keyIn, QUOTA: '03', AMOUNT: '49999' }), 'S503')
    assert.equal(await codeOf({ ...keyIn, QUOTA: '03', AMOUNT: '50000' }), '0000')
  })

  it('read the tax-free part of a mixed payment from PRODUCTCODE', async () => {
    const mixed = { ...keyIn, TAXFREECD: '02' }
    assert.equal(await codeOf(mixed), '9001')
    assert.equal(await codeOf({ ...mixed, PRODUCTCODE: 'PLAN' }), '9001')
    assert.equal(await codeOf({ ...mixed, PRODUCTCODE: '3001' }), '9001')
    assert.equal(await codeOf({ ...mixed, PRODUCTCODE: '3000' }), '0000')
  })
})

describe('an answer', () => {
  it('is EUC-KR, says so, and holds only strings', async () => {
    const outcome = await exchange(simulator.url, keyIn)
    assert.equal(outcome.kind, 'answer')
    if (outcome.kind !== 'answer') return
    assert.equal(outcome.contentType, 'application/json; charset=EUC-KR')
    assert.ok(isWellFormedEucKr(outcome.bytes))
    const answer = readAnswer(outcome)
    assert.equal(answer['ERRORMESSAGE'], '정상 처리 되었습니다.')
    for (const value of Object.values(answer)) assert.equal(typeof value, 'string')
  })

  it('to a body that is too large is 413', async () => {
    const outcome = await postFields(`${simulator.url}/pay/ready`, { CPID: 'x'.repeat(70_000) }, {})
    assert.equal(outcome.kind === 'answer' && outcome.status, 413)
  })
})
