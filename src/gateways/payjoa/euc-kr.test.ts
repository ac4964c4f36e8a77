import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import * as fc from 'fast-check'
import iconv from 'iconv-lite'

import {
  byteLength,
  cutToBytes,
  encodeEucKr,
  firstUnmappable,
  isEncodable,
  substitute,
} from './euc-kr.ts'

const anyText = fc.string({ unit: 'binary', maxLength: 60 })
const encodableText = fc
  .array(fc.constantFrom('가', '힝', 'a', '1', ' ', '①', '￦', '★', '漢', '·'), { maxLength: 40 })
  .map((characters) => characters.join(''))

describe('EUC-KR', () => {
  it('holds exactly the 2,350 Hangul syllables of KS X 1001', () => {
    let syllables = 0
    for (let code = 0xac00; code <= 0xd7a3; code += 1) {
      if (isEncodable(String.fromCharCode(code))) syllables += 1
    }
    assert.equal(syllables, 2350)
  })

  it('refuses what only CP949 has', () => {
    for (const text of ['똠', '햏', '뷁', '쌰', '믜']) {
      assert.notEqual(iconv.encode(text, 'cp949').toString('latin1'), '?', 'CP949 carries it')
      assert.equal(isEncodable(text), false, text)
    }
    assert.equal(firstUnmappable('피자 🍕'), '🍕')
    assert.equal(firstUnmappable('정기구독 ①'), null)
  })

  it('encodes only characters of ASCII or two bytes from A1 up, and back to the same text', () => {
    for (let code = 0; code < 0x1_0000; code += 1) {
      const character = String.fromCharCode(code)
      if (!isEncodable(character)) continue
      const bytes = encodeEucKr(character)
      assert.equal(bytes.length, byteLength(character))
      if (code >= 0x80)
        assert.ok(
          bytes.every((byte) => byte >= 0xa1),
          character,
        )
      assert.equal(iconv.decode(bytes, 'cp949'), character)
    }
  })

  it('throws rather than write a question mark for a character it lacks', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        if (isEncodable(text)) assert.equal(iconv.decode(encodeEucKr(text), 'cp949'), text)
        else assert.throws(() => encodeEucKr(text), /EUC-KR/)
      }),
    )
  })

  it('cuts on a character boundary, within the limit, and as late as possible', () => {
    fc.assert(
      fc.property(encodableText, fc.nat(50), (text, bytesMax) => {
        const cut = cutToBytes(text, bytesMax)
        assert.ok(text.startsWith(cut))
        assert.ok(byteLength(cut) <= bytesMax)
        const next = text.slice(0, cut.length + 1)
        if (next !== cut) assert.ok(byteLength(next) > bytesMax)
      }),
    )
    assert.equal(cutToBytes('가나다', 5), '가나')
  })
})

describe('substitution', () => {
  it('turns any string into encodable text without control characters', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const result = substitute(text)
        assert.ok(isEncodable(result))
        assert.doesNotMatch(result, /\p{Cc}/u)
        // A question mark is there only for one that was there, if in another shape (；, ⁇).
        if (result.includes('?')) assert.ok(text.normalize('NFKD').includes('?'), text)
      }),
    )
  })

  it('composes NFD Hangul and keeps what needs no help', () => {
    assert.equal(substitute('정기구독'.normalize('NFD')), '정기구독')
    const kept = '‘홍길동’ “VIP” … · ™ € ® ㈜'
    assert.equal(substitute(kept), kept)
  })

  it('knows the look-alikes, the plain letters, and what to drop', () => {
    assert.equal(substitute('A — B – C'), 'A ― B - C')
    assert.equal(substitute('₩3,000\u00a0café • ﬁn'), '￦3,000 cafe · fin')
    assert.equal(substitute('피자 🍕👨‍👩‍👧❤️ 세트'), '피자 ♥ 세트')
    assert.equal(substitute('한 줄\r\n두 줄'), '한 줄 두 줄')
  })

  it('shows a placeholder for what is lost, and never an empty text for a full one', () => {
    assert.equal(substitute('똠양꿍'), '□양꿍')
    assert.equal(substitute('a\ud800b'), 'a□b')
    assert.equal(substitute('🍕'), '□')
    assert.equal(substitute('  '), '')
  })
})
