// What a seed decides: choices, numbers and texts that parsers, databases and encoders have tripped over.

import { type Randomness, seededRandomness } from '../../../simulator/randomness.ts'

export interface Choice {
  /** A whole number from 0 to below `count`. */
  below(count: number): number
  /** True once in `times`. */
  once(times: number): boolean
  of<T>(options: readonly T[]): T
  digits(length: number): string
  bytes(length: number): Buffer
}

export function choiceOf(seed: number): Choice {
  const random: Randomness = seededRandomness(seed)
  const below = (count: number) => Math.floor(random.unit() * count)
  return {
    below,
    once: (times) => below(times) === 0,
    of: (options) => options[below(options.length)] as (typeof options)[number],
    digits: (length) => random.digits(length),
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
  }
}

const nastyTexts = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\u{1f600}',
  '가각간',
  '뷁',
  '\u202e\u0000',
  "'; drop table payments --",
  '" or ""="',
  '${jndi:ldap://x}',
  '../../../etc/passwd',
  '%',
  '%zz',
  '%00',
  '%ff%fe',
  '|',
  '\r\nx: y',
  '__proto__',
  'constructor',
  'toString',
  '[object Object]',
  'null',
  'undefined',
  'NaN',
  '-1',
  '1e309',
  '0x10',
  '１００',
  '9'.repeat(400),
  'x'.repeat(5_000),
  '가'.repeat(3_000),
] as const

export function nastyText(choice: Choice): string {
  return choice.once(4) ? choice.bytes(choice.below(40)).toString('latin1') : choice.of(nastyTexts)
}

/** JSON source, since values beyond a number's range and half surrogates cannot be stringified. */
const nastyJson = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '-1',
  '1.5',
  '1e999',
  '-1e999',
  '9007199254740993',
  `1${'0'.repeat(300)}`,
  '[]',
  '{}',
  '[[[[[]]]]]',
  '{"a":{"b":{"c":[1,2,{"d":null}]}}}',
  String.raw`"\ud800"`,
  String.raw`"\u0000"`,
  '{"__proto__":{"amount":1}}',
  '{"0":"a","1":"b"}',
  '[null,null]',
] as const

export function nastyValue(choice: Choice): string {
  if (choice.once(3)) return JSON.stringify(nastyText(choice))
  if (choice.once(20)) {
    const depth = 10 ** (1 + choice.below(4))
    return '['.repeat(depth) + ']'.repeat(depth)
  }
  return choice.of(nastyJson)
}

/** What no reading makes an amount of won, not even "absent". JSON source. */
export const impossibleAmounts = [
  'true',
  '-1',
  '-1000',
  '0.5',
  '1000.5',
  '1e999',
  '9007199254740993',
  '"1e3"',
  '"0x10"',
  '"NaN"',
  '"천원"',
  '"1,000"',
  '"１００"',
  '"--1"',
  String.raw`"\u0000"`,
  '{"won":1000}',
  '[1000,2000]',
] as const
