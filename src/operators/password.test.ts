import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { Secret } from '../primitives/secret.ts'
import {
  faultOfPassword,
  hashPassword,
  newPassword,
  passwordCost,
  provePassword,
} from './password.ts'
import { newRecoveryCodes, recoveryCodeHash } from './recovery-code.ts'

const about = ['kimyuna@shop.example', 'Kim Yuna']
const faultOf = (text: string) => faultOfPassword(new Secret(text), about)
const cheap = { ln: 4, r: 8, p: 1 }

describe('a password', () => {
  it('is refused when it is short, long, common or made of its owner', () => {
    const refused = {
      'eleven char': 'too_short',
      ['long '.repeat(60)]: 'too_long',
      PasswordPassword1234: 'common',
      'billkeybillkey!': 'common',
      aaaaaaaaaaaa: 'common',
      abababababab: 'common',
      '123456789012': 'common',
      abcdefghijkl: 'common',
      'kimyuna@shop.example': 'about_you',
      kimyuna12345: 'about_you',
    }
    for (const [text, fault] of Object.entries(refused)) assert.equal(faultOf(text), fault, text)
    const taken = [
      'a long and quiet river',
      '고요하고 깊은 강물이 흐른다',
      'xK9-fq2L.mw7Tz',
      '🐟🐠🐡🦈🐬🐳🐋🦑🦐🦞🦀🐙',
    ]
    for (const text of taken) assert.equal(faultOf(text), undefined, text)
    assert.equal(faultOf(newPassword().reveal()), undefined)
  })

  it('is right however its characters are composed, and wrong in anything else', async () => {
    const hash = await hashPassword(new Secret('고요한 강물 Å'.normalize('NFC')), cheap)
    assert.match(hash, /^\$scrypt\$ln=4,r=8,p=1\$/)
    const decomposed = new Secret('고요한 강물 Å'.normalize('NFD'))
    assert.deepEqual(await provePassword(decomposed, hash, cheap), {
      isRight: true,
      isOutdated: false,
    })
    const upper = await provePassword(new Secret('고요한 강물 å'), hash, cheap)
    assert.equal(upper.isRight, false)
    assert.equal((await provePassword(decomposed, null, cheap)).isRight, false)
  })

  it('that was stored at another cost is said to be outdated', async () => {
    const hash = await hashPassword(new Secret('a long and quiet river'), cheap)
    const proof = await provePassword(new Secret('a long and quiet river'), hash, passwordCost)
    assert.deepEqual(proof, { isRight: true, isOutdated: true })
  })

  it('has another hash each time', async () => {
    const password = new Secret('a long and quiet river')
    assert.notEqual(await hashPassword(password, cheap), await hashPassword(password, cheap))
  })
})

describe('recovery codes', () => {
  it('are ten that can be typed in any way', () => {
    const codes = newRecoveryCodes()
    assert.equal(new Set(codes).size, 10)
    for (const code of codes) {
      assert.match(code, /^(?:[a-km-np-z2-9]{4}-){3}[a-km-np-z2-9]{4}$/)
      const typed = ` ${code.toUpperCase().replaceAll('-', ' ')} `
      assert.deepEqual(recoveryCodeHash(typed), recoveryCodeHash(code))
    }
  })
})
