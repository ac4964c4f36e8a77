import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import * as fc from 'fast-check'

import { createMask, storable } from './masking.ts'

const sent = {
  CARDNO: '1234123412341234',
  EXPIREDT: '203012',
  CARDAUTH: '820213',
  CARDPASSWORD: '47',
  AUTOKEY: 'C2025KABCDEFG',
}
const linkKey = 'f'.repeat(64)
const token = 'a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5'
const mask = createMask(sent, [linkKey, token])

describe('a mask', () => {
  it('keeps the first six and last four digits of the card and nothing else of it', () => {
    assert.deepEqual(mask.fields({ ...sent, TOKEN: token, ORDERNO: 'order-1' }), {
      CARDNO: '123412***1234',
      EXPIREDT: '***',
      CARDAUTH: '***',
      CARDPASSWORD: '***',
      AUTOKEY: '***',
      TOKEN: '***',
      ORDERNO: 'order-1',
    })
    assert.equal(createMask({}, []).fields({ CARDNO: '123456789012' })['CARDNO'], '***')
  })

  it('hides what a message quotes, however it is written', () => {
    const quoted = [
      '카드번호 1234-1234-1234-1234 오류',
      '카드번호(1234 1234 1234 1234) 오류',
      '1234123412341234|203012|820213',
      `키 C2025KABCDEFG / ${linkKey} / ${token}`,
      '생년월일(820213) 비밀번호(47) 불일치',
      'AUTOKEY=C2099ZZZZZZZZ, "CARDNO":"4000',
      '다른 카드 9366-0000-0070-1002',
    ]
    for (const text of quoted) {
      const masked = mask.text(text)
      for (const secret of [
        '1234123412341234',
        '1234-1234-1234',
        '1234 1234 1234',
        'C2025KABCDEFG',
        'C2099ZZZZZZZZ',
        linkKey,
        token,
        '820213',
        '(47)',
        '203012',
        '9366-0000-0070',
        '"4000',
      ]) {
        assert.equal(masked.includes(secret), false, `${secret} in ${masked}`)
      }
    }
  })

  it('leaves the evidence readable though a birth or expiry hides in its digits', () => {
    const evidence = {
      RESULTCODE: '0000',
      DAOUTRX: 'CTS20301282021312345',
      ORDERNO: 'imps_820213820213',
      AUTHDATE: '20301220301200',
      AMOUNT: '820213',
    }
    assert.deepEqual(mask.fields(evidence), evidence)
  })

  it('hides the token in an address', () => {
    assert.equal(mask.url(`https://api.payjoa.co.kr/x?t=${token}`).includes(token), false)
    assert.equal(createMask({}, []).url('https://a.example/x?TOKEN=abc').includes('abc'), false)
  })

  it('lets no sent secret through, whatever surrounds it', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 30 }),
        fc.constantFrom(sent.CARDNO, sent.AUTOKEY, linkKey, token),
        fc.string({ maxLength: 30 }),
        fc.constantFrom('ERRORMESSAGE', 'ORDERNO', 'CPNAME', 'DAOUTRX'),
        (before, secret, after, name) => {
          const masked = mask.fields({ [name]: before + secret + after })
          assert.equal(JSON.stringify(masked).includes(secret), false)
        },
      ),
    )
  })

  it('hides a secret of which another is a part, whole', () => {
    const nested = createMask({ AUTOKEY: 'C2025K' }, ['link-C2025K-key'])
    assert.equal(nested.text('link-C2025K-key and C2025K'), '*** and ***')
  })

  it('gives only what a database can store, and not without end', () => {
    assert.equal(storable('a\u0000b\ud800'), 'a b\ufffd')
    assert.equal(storable('a'.repeat(10_000)).length, 500)
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`K${index}`, 'x']))
    assert.equal(Object.keys(mask.fields(many)).length, 64)
  })
})
