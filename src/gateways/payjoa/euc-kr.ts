// Text as the PG's wire can carry it: EUC-KR in the narrow sense, ASCII and KS X 1001 and nothing else.
// iconv-lite's "euc-kr" is CP949 and writes `?` for what it cannot map, so nothing is handed to it
// that this table has not allowed.

import iconv from 'iconv-lite'

import { assert } from '../../primitives/assert.ts'

// Bytes per UTF-16 unit: 1 ASCII, 2 KS X 1001 (both bytes A1–FE: 2,350 Hangul syllables, hanja, symbols,
// with the euro and ® of the 1998 edition), 0 not on the wire. Nothing outside the basic plane is in it.
const widths = buildWidths()

function buildWidths(): Uint8Array {
  const table = new Uint8Array(0x1_0000)
  table.fill(1, 0, 0x80)
  // Decoded at once, a pair to a line: one by one they are a twentieth of a start.
  const lines: number[] = []
  for (let lead = 0xa1; lead <= 0xfe; lead += 1) {
    for (let trail = 0xa1; trail <= 0xfe; trail += 1) lines.push(lead, trail, 0x0a)
  }
  for (const text of iconv.decode(Buffer.from(lines), 'cp949').split('\n')) {
    if (text.length === 1 && text !== '\ufffd') table[text.charCodeAt(0)] = 2
  }
  return table
}

/** Whether every character of the text has a place in EUC-KR. Control characters of ASCII do. */
export function isEncodable(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (widths[text.charCodeAt(index)] === 0) return false
  }
  return true
}

/** The first character EUC-KR cannot carry; null when there is none. */
export function firstUnmappable(text: string): string | null {
  for (const character of text) {
    if (!isEncodable(character)) return character
  }
  return null
}

/** Length in EUC-KR bytes. The PG's limits count these: two per Hangul syllable. */
export function byteLength(text: string): number {
  assert(isEncodable(text), 'only encodable text has a length in EUC-KR')
  let bytes = 0
  for (let index = 0; index < text.length; index += 1) bytes += widths[text.charCodeAt(index)] ?? 0
  return bytes
}

/** The longest beginning of the text that fits, never half a character. */
export function cutToBytes(text: string, bytesMax: number): string {
  assert(isEncodable(text), 'only encodable text can be cut by bytes')
  let bytes = 0
  for (let index = 0; index < text.length; index += 1) {
    bytes += widths[text.charCodeAt(index)] ?? 0
    if (bytes > bytesMax) return text.slice(0, index)
  }
  return text
}

/** The bytes of the text. Text that was not checked before is a bug: no `?` leaves in silence. */
export function encodeEucKr(text: string): Buffer {
  assert(isEncodable(text), 'text outside EUC-KR reached the wire')
  return iconv.encode(text, 'cp949')
}

// Characters that stand in for ones EUC-KR lacks. ‘ ’ “ ” … · and ™ are in KS X 1001 and need none.
const lookAlikes: ReadonlyMap<string, string> = new Map([
  ['\u2013', '-'],
  ['\u2014', '―'],
  ['\u2010', '-'],
  ['\u2011', '-'],
  ['\u2012', '-'],
  ['\u2212', '-'],
  ['\u2022', '·'],
  ['\u30fb', '·'],
  ['\uff65', '·'],
  ['\u2027', '·'],
  ['\u301c', '～'],
  ['\u20a9', '￦'],
  ['\u00a5', '￥'],
  ['\u00a3', '￡'],
  ['\u00a2', '￠'],
  ['\u00a9', '(c)'],
  ['\u00ab', '《'],
  ['\u00bb', '》'],
  ['\u2039', '〈'],
  ['\u203a', '〉'],
  ['\u201e', '“'],
  ['\u201a', '‘'],
  ['\u2713', 'v'],
  ['\u2714', 'v'],
  ['\u2764', '♥'],
])

/**
 * What replaces a visible character that has no stand-in. KS X 1001 has □, which a Korean reader knows as
 * the missing glyph; `?` would look like a question of the merchant's, and `*` like masking.
 */
export const placeholder = '□'

/**
 * Brings any string into EUC-KR: composed first (NFD Hangul from a Mac is the same text), then look-alikes,
 * then the plain letters inside accented or styled ones. Emoji and invisible characters are dropped; what
 * is left and cannot be carried, rarer Hangul syllables and broken surrogates included, becomes `□`.
 * Control characters and every kind of blank become a space.
 */
export function substitute(text: string): string {
  let result = ''
  for (const character of text.normalize('NFC')) result += substituteOne(character)
  const trimmed = result.replace(/ {2,}/g, ' ').trim()
  return trimmed === '' && text.trim() !== '' ? placeholder : trimmed
}

function substituteOne(character: string): string {
  if (/[\p{Cc}\p{Zs}\p{Zl}\p{Zp}]/u.test(character)) return ' '
  if (isEncodable(character)) return character
  const lookAlike = lookAlikes.get(character)
  if (lookAlike !== undefined) return lookAlike
  if (
    /[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\p{Cf}\p{M}]/u.test(
      character,
    )
  ) {
    return ''
  }
  // Hangul is left out: decomposed, a syllable would fall apart into jamo.
  const plain = /\p{Script=Hangul}/u.test(character) ? '' : plainLetters(character)
  return plain === '' ? placeholder : plain
}

function plainLetters(character: string): string {
  const decomposed = character.normalize('NFKD').replace(/\p{M}/gu, '')
  return isEncodable(decomposed) && !/[\p{Cc}|]/u.test(decomposed) ? decomposed : ''
}
