import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { allowedReturnUrl, readyUrlOf } from './return-url.ts'

const rules = {
  returnUrlHosts: ['payjoa.co.kr', 'kiwoompay.co.kr', '127.0.0.1:8485', ''],
  allowPlainHttp: true,
}

describe('RETURNURL', () => {
  it('may be an allowed host or below it, on the standard port, by https', () => {
    for (const url of [
      'https://payjoa.co.kr/x',
      'https://api.payjoa.co.kr/pay/x?a=1',
      'https://APITEST.KIWOOMPAY.CO.KR:443/x',
      'http://127.0.0.1:8485/execute/abc',
    ]) {
      assert.notEqual(allowedReturnUrl(url, rules), null, url)
    }
  })

  it('is refused everywhere else', () => {
    for (const url of [
      'http://api.payjoa.co.kr/x',
      'https://evilpayjoa.co.kr/x',
      'https://payjoa.co.kr.evil.example/x',
      'https://evil.example/payjoa.co.kr',
      'https://api.payjoa.co.kr@evil.example/x',
      'https://user:pass@api.payjoa.co.kr/x',
      'https://api.payjoa.co.kr:8443/x',
      'https://payjoa.co.kr./x',
      'https://evil.example./x',
      'http://127.0.0.1:8486/x',
      'http://localhost:8485/x',
      'http://127.0.0.1.evil.example:8485/x',
      'ftp://api.payjoa.co.kr/x',
      '//api.payjoa.co.kr/x',
      'FAIL',
      '',
      `https://api.payjoa.co.kr/${'a'.repeat(2100)}`,
    ]) {
      assert.equal(allowedReturnUrl(url, rules), null, url)
    }
  })

  it('may be the very origin that answered the ready step', () => {
    const ready = new URL('https://pg.example:8443/pay/ready')
    assert.notEqual(allowedReturnUrl('https://pg.example:8443/execute', rules, ready), null)
    assert.equal(allowedReturnUrl('https://pg.example/execute', rules, ready), null)
    assert.equal(allowedReturnUrl('http://pg.example:8443/execute', rules, ready), null)
  })

  it('is never plain http unless that is switched on', () => {
    const strict = { ...rules, allowPlainHttp: false }
    assert.equal(allowedReturnUrl('http://127.0.0.1:8485/x', strict), null)
    assert.notEqual(allowedReturnUrl('https://127.0.0.1:8485/x', strict), null)
  })
})

describe('the ready address', () => {
  it('is below the base URL', () => {
    assert.equal(
      readyUrlOf('https://api.payjoa.co.kr', rules)?.href,
      'https://api.payjoa.co.kr/pay/ready',
    )
    assert.equal(
      readyUrlOf('https://proxy.example/payjoa/', rules)?.href,
      'https://proxy.example/payjoa/pay/ready',
    )
  })

  it('never takes the key over plain http beyond this machine', () => {
    assert.equal(readyUrlOf('http://api.payjoa.co.kr', rules), null)
    assert.equal(readyUrlOf('https://u:p@api.payjoa.co.kr', rules), null)
    assert.equal(readyUrlOf('api.payjoa.co.kr', rules), null)
  })
})
