import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { formFieldCountMax, parsePhpForm, parsePhpQuery, RepeatedValue } from './php-form.ts'

/** With ordinary prototypes and repeats as `{ repeated }`, so that deepEqual can compare. */
function plain(value: unknown): unknown {
  if (value instanceof RepeatedValue) return { repeated: value.values }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]))
}

function parsed(text: string): unknown {
  const outcome = parsePhpForm(text)
  assert.equal(outcome.kind, 'parsed')
  return plain(outcome.kind === 'parsed' ? outcome.fields : undefined)
}

describe('names', () => {
  const examples: Record<string, unknown> = {
    '': {},
    'a=1': { a: '1' },
    a: { a: '' },
    'a=': { a: '' },
    '=1': {},
    '&&a=1&&': { a: '1' },
    'a=1=2': { a: '1=2' },
    ' a=1& b=2': { a: '1', b: '2' },
    '+a=1&%20b=2': { a: '1', b: '2' },
    'currency+=KRW': { currency: 'KRW' },
    'a.b=1&c+d=2': { a_b: '1', c_d: '2' },
    'a[]=x&a[]=y': { a: { 0: 'x', 1: 'y' } },
    'a%5B%5D=x&a%5b%5d=y': { a: { 0: 'x', 1: 'y' } },
    'a[5]=x&a[]=y': { a: { 5: 'x', 6: 'y' } },
    'a[0][b]=x&a[0][c][]=y&a[1][b]=z': { a: { 0: { b: 'x', c: { 0: 'y' } }, 1: { b: 'z' } } },
    'a[ ]=x': { a: { 0: 'x' } },
    'a[ b]=x': { a: { b: 'x' } },
    'a[b.c]=x': { a: { 'b.c': 'x' } },
    'a[b]c=x': { a: { b: 'x' } },
    'a[b][c=x': { a: { b: 'x' } },
    'a[b=x': { a_b: 'x' },
    '[a]=x': {},
    'a%00b=x': { a: 'x' },
    'a[0]=x&a[0]=y': { a: { 0: 'y' } },
    'a=1&a[]=2': { a: { 0: '2' } },
    'a[]=1&a=2': { a: '2' },
    'a=1&a=2&a=3': { a: { repeated: ['1', '2', '3'] } },
  }
  for (const [text, expected] of Object.entries(examples)) {
    test(JSON.stringify(text), () => assert.deepEqual(parsed(text), expected))
  }

  test('a name nested deeper than PHP allows is ignored, the others stay', () => {
    assert.deepEqual(parsed(`a${'[b]'.repeat(64)}=1&c=2`), { c: '2' })
    assert.deepEqual(parsed(`a${'[b]'.repeat(100_000)}=1&c=2`), { c: '2' })
    const deepest = JSON.stringify(parsed(`a${'[b]'.repeat(63)}=1`))
    assert.equal(deepest.split('"b"').length - 1, 63)
  })

  test('no name reaches a prototype', () => {
    for (const name of [
      '__proto__',
      'constructor',
      'a[__proto__]',
      '__proto__[polluted]',
      'a[constructor][prototype][polluted]',
    ]) {
      assert.equal(parsePhpForm(`${name}=polluted&${name}[polluted]=polluted`).kind, 'parsed')
    }
    assert.equal(({} as { polluted?: unknown }).polluted, undefined)
    const fields = parsePhpQuery('__proto__=x')
    assert.deepEqual(Object.keys(fields), ['__proto__'])
    assert.equal(Object.getPrototypeOf(fields), null)
  })
})

describe('values', () => {
  const examples: Record<string, string> = {
    'a+b': 'a b',
    'a%2Bb': 'a+b',
    '%EA%B9%80': '김',
    '김 민 수': '김 민 수',
    '김%EA%B9%80': '김김',
    '%': '%',
    '%4': '%4',
    '%zz%41': '%zzA',
    '%%41': '%A',
    '50% 할인': '50% 할인',
    '%EA%B9': '\ufffd',
    '%ff%41': '\ufffdA',
  }
  for (const [written, meant] of Object.entries(examples)) {
    test(`${written} means ${meant}`, () => assert.deepEqual(parsed(`a=${written}`), { a: meant }))
  }
})

test('more fields than the limit is an outcome, exactly the limit is read', () => {
  assert.equal(parsePhpForm('a=1&'.repeat(formFieldCountMax)).kind, 'parsed')
  assert.equal(parsePhpForm('a=1&'.repeat(formFieldCountMax + 1)).kind, 'too_many_fields')
  assert.deepEqual(plain(parsePhpQuery('a=1&'.repeat(formFieldCountMax + 1))), {})
})

test('no text makes the parser throw', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ unit: fc.constantFrom(...Array.from('ab[]=&%+. \x00259fF')), maxLength: 80 }),
  )
  fc.assert(
    fc.property(text, (form) => {
      assert.equal(parsePhpForm(form).kind, 'parsed')
      assert.equal(typeof parsePhpQuery(form), 'object')
    }),
    { numRuns: 3000 },
  )
})

type Tree = string | Tree[] | { [name: string]: Tree }

/** PHP's http_build_query, written independently of the parser. */
function buildQuery(tree: Record<string, Tree>): string {
  return pairsOf(tree)
    .map(([path, text]) => {
      const name =
        path[0] +
        path
          .slice(1)
          .map((segment) => `[${segment}]`)
          .join('')
      return `${encodeURIComponent(name)}=${encodeURIComponent(text).replaceAll('%20', '+')}`
    })
    .join('&')
}

function pairsOf(tree: Tree): [string[], string][] {
  if (typeof tree === 'string') return [[[], tree]]
  return Object.entries(tree).flatMap(([name, child]) =>
    pairsOf(child).map(([path, text]): [string[], string] => [[name, ...path], text]),
  )
}

test('what http_build_query writes is read back', () => {
  const name = fc.stringMatching(/^[a-z_가-힣][a-z0-9_]{0,5}$/)
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      fc.string({ unit: 'grapheme' }),
      fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
      fc.dictionary(name, tie('tree'), { minKeys: 1, maxKeys: 4 }),
    ),
  }))
  fc.assert(
    fc.property(fc.dictionary(name, tree), (written) => {
      // PHP has no other arrays than indexed objects.
      assert.deepEqual(parsed(buildQuery(written)), plain(written))
    }),
    { numRuns: 1000 },
  )
})
