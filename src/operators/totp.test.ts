import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { matchTotp, otpauthUri, toBase32, totpCode, totpStepOf } from './totp.ts'

// RFC 6238, appendix B, SHA-1.
const secret = Buffer.from('12345678901234567890', 'ascii')
const vectors: readonly (readonly [seconds: number, code: string])[] = [
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
]

describe('codes', () => {
  it('are those of the RFC', () => {
    for (const [seconds, code] of vectors) {
      assert.equal(totpCode(secret, totpStepOf(seconds * 1000), 8), code)
    }
  })

  it('of the step before and after are taken, of no other, and nothing else is', () => {
    const nowMs = 1_234_567_890_000
    const present = totpStepOf(nowMs)
    for (const away of [-1, 0, 1]) {
      const code = totpCode(secret, present + away)
      assert.equal(matchTotp(secret, code, nowMs), present + away)
    }
    for (const away of [-2, 2]) {
      assert.equal(matchTotp(secret, totpCode(secret, present + away), nowMs), undefined)
    }
    for (const strange of ['', '12345', '1234567', 'abcdef', ' 123456', '１２３４５６']) {
      assert.equal(matchTotp(secret, strange, nowMs), undefined)
    }
  })
})

describe('what an app is given', () => {
  it('is Base32 of the RFC, without padding', () => {
    // RFC 4648 §10.
    const known = { f: 'MY', fo: 'MZXQ', foo: 'MZXW6', foob: 'MZXW6YQ', foobar: 'MZXW6YTBOI' }
    for (const [text, base32] of Object.entries(known)) {
      assert.equal(toBase32(Buffer.from(text)), base32)
    }
  })

  it('names merchant and e-mail, and is not printed by accident', () => {
    const uri = otpauthUri(secret, { email: 'kim@shop.example', merchantName: 'My & Shop' })
    assert.equal(String(uri), '[secret]')
    const url = new URL(uri.reveal())
    assert.equal(url.searchParams.get('issuer'), 'billkey My & Shop')
    assert.equal(decodeURIComponent(url.pathname), '/billkey My & Shop:kim@shop.example')
  })
})
