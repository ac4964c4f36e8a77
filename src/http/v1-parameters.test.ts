import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { TSchema } from 'typebox'
import { Type } from './json-schema.ts'
import { integerMeantBy } from './parameter-readers.ts'
import { parsePhpForm } from './php-form.ts'
import { V1Error } from './v1-error.ts'
import { compileParameters, jsonText } from './v1-parameters.ts'

const none = { query: undefined, body: undefined, path: undefined }

/** Reads one parameter `x` out of a JSON body; the message in place of a value when it is refused. */
function readX(schema: TSchema, sent: unknown): unknown {
  const read = compileParameters(Type.Object({ x: Type.Optional(schema) }), {})
  try {
    return read({ ...none, body: { x: sent } }).x
  } catch (error) {
    assert.ok(error instanceof V1Error)
    assert.equal(error.status, 400)
    assert.equal(error.code, -1)
    return error.message
  }
}

function messageOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof V1Error)
    return error.message
  }
  return assert.fail('nothing was refused')
}

const won = Type.Integer({ minimum: 0, maximum: 9_999_999_999 })
const wonRule = '파라미터 오류: x (0 이상 9999999999 이하의 정수여야 합니다.)'

describe('an integer', () => {
  for (const sent of [3000, '3000', ' 3000 ', '03000', '3000.0', '3000.00', 3e3]) {
    test(`${JSON.stringify(sent)} means 3000`, () => assert.equal(readX(won, sent), 3000))
  }

  for (const sent of [
    true,
    false,
    0.5,
    '0.5',
    -1,
    '-1',
    '3,000',
    '3e3',
    '0x10',
    '+3000',
    '３０００',
    'NaN',
    'Infinity',
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    '9007199254740993',
    '1 000',
    '1원',
    '.',
    '-',
    '1.',
    [],
    [1],
    {},
    ' ',
    '10000000000',
  ]) {
    test(`${typeof sent} ${JSON.stringify(sent)} is refused`, () =>
      assert.equal(readX(won, sent), wonRule))
  }

  test('0 is a value, null and the empty string are absent', () => {
    assert.equal(readX(won, 0), 0)
    assert.equal(readX(won, '0'), 0)
    assert.ok(Object.is(readX(won, -0), 0))
    assert.equal(readX(won, null), undefined)
    assert.equal(readX(won, ''), undefined)
  })

  test('only integers within 2^53 are meant, and each of them is', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (number) => {
        assert.equal(integerMeantBy(number), number)
        assert.equal(integerMeantBy(String(number)), number)
      }),
    )
    fc.assert(
      fc.property(fc.double(), (number) => {
        assert.equal(integerMeantBy(number) !== undefined, Number.isSafeInteger(number))
      }),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.anything(),
          fc.string({ unit: fc.constantFrom(...Array.from('019.-+eEx, ')) }),
        ),
        (sent) => {
          const number = integerMeantBy(sent)
          if (number === undefined) return
          assert.ok(Number.isSafeInteger(number))
          assert.equal(Number(sent) + 0, number)
          assert.match(String(sent).trim(), /^-?[0-9]+(\.0+)?$/)
        },
      ),
      { numRuns: 3000 },
    )
  })
})

describe('a boolean', () => {
  for (const sent of [true, 'true', 'True', 1, '1']) {
    test(`${JSON.stringify(sent)} is true`, () => assert.equal(readX(Type.Boolean(), sent), true))
  }
  for (const sent of [false, 'false', 'FALSE', 0, '0']) {
    test(`${JSON.stringify(sent)} is false`, () => assert.equal(readX(Type.Boolean(), sent), false))
  }
  for (const sent of ['yes', 2, 'null', {}, [], [true]]) {
    test(`${JSON.stringify(sent)} is refused`, () => {
      assert.equal(readX(Type.Boolean(), sent), '파라미터 오류: x (true 또는 false여야 합니다.)')
    })
  }
})

describe('a string', () => {
  test('a number is its digits, unless JSON has already lost some', () => {
    assert.equal(readX(Type.String(), 880101), '880101')
    const lost: unknown = JSON.parse('20240101123456789012')
    assert.equal(readX(Type.String(), lost), '파라미터 오류: x (문자열이어야 합니다.)')
  })

  for (const sent of [true, {}, ['a'], []]) {
    test(`${JSON.stringify(sent)} is refused`, () => {
      assert.equal(readX(Type.String(), sent), '파라미터 오류: x (문자열이어야 합니다.)')
    })
  }

  test('its length is counted in characters', () => {
    const short = Type.String({ minLength: 2, maxLength: 4 })
    assert.equal(readX(short, '정기결제'), '정기결제')
    assert.equal(readX(short, '🎁🎁🎁🎁'), '🎁🎁🎁🎁')
    assert.equal(readX(short, '정기결제료'), '파라미터 오류: x (4자 이하여야 합니다.)')
    assert.equal(readX(short, '🎁'), '파라미터 오류: x (2자 이상이어야 합니다.)')
  })

  test('NUL and half a surrogate pair are refused: the database holds neither', () => {
    for (const sent of ['a\0b', '\ud800', 'x\udc00']) {
      assert.equal(
        readX(Type.String(), sent),
        '파라미터 오류: x (사용할 수 없는 문자가 포함되어 있습니다.)',
      )
    }
  })

  test('a pattern and a set of choices are kept', () => {
    assert.equal(readX(Type.String({ pattern: '^[0-9]{2}$' }), '12'), '12')
    assert.equal(
      readX(Type.String({ pattern: '^[0-9]{2}$' }), '1a'),
      '파라미터 오류: x (형식이 올바르지 않습니다.)',
    )
    const choices = [
      Type.Enum(['real', 'digital']),
      Type.Union([Type.Literal('real'), Type.Literal('digital')]),
    ]
    for (const schema of choices) {
      assert.equal(readX(schema, 'digital'), 'digital')
      assert.equal(readX(schema, 'Real'), '파라미터 오류: x (real, digital 중 하나여야 합니다.)')
    }
  })

  test('JSON text takes objects as the JSON they are', () => {
    assert.equal(readX(jsonText(), { a: [1] }), '{"a":[1]}')
    assert.equal(readX(jsonText(), '{"a":1}'), '{"a":1}')
    assert.equal(
      readX(jsonText({ maxLength: 3 }), [1, 2]),
      '파라미터 오류: x (3자 이하여야 합니다.)',
    )
    const bottomless: unknown = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000))
    assert.equal(readX(jsonText(), bottomless), '파라미터 오류: x (문자열이어야 합니다.)')
  })
})

describe('a list', () => {
  const strings = Type.Array(Type.String())
  const examples: [unknown, unknown][] = [
    [
      ['a', 1],
      ['a', '1'],
    ],
    [['a', null, ''], ['a']],
    [[], []],
    [{}, []],
    [{ 0: 'a', 1: 'b' }, ['a', 'b']],
    [{ 3: 'a' }, ['a']],
    ['a', ['a']],
    [7, ['7']],
    [null, undefined],
    [{ a: 'b' }, '파라미터 오류: x (배열이어야 합니다.)'],
    [['a', true], '파라미터 오류: x[1] (문자열이어야 합니다.)'],
  ]
  for (const [sent, expected] of examples) {
    test(`${JSON.stringify(sent)} is read`, () => assert.deepEqual(readX(strings, sent), expected))
  }

  test('its bounds are kept', () => {
    const bounded = Type.Array(Type.String(), { minItems: 1, maxItems: 2 })
    assert.equal(readX(bounded, []), '파라미터 오류: x (1개 이상 보내야 합니다.)')
    assert.equal(
      readX(bounded, ['a', 'b', 'c']),
      '파라미터 오류: x (최대 2개까지 보낼 수 있습니다.)',
    )
  })
})

describe('nested objects', () => {
  const schema = Type.Object({
    customer_uid: Type.String(),
    schedules: Type.Array(
      Type.Object({
        merchant_uid: Type.String(),
        schedule_at: Type.Integer(),
        amount: won,
        extra: Type.Optional(Type.Object({ naverUseCfm: Type.Optional(Type.String()) })),
      }),
    ),
  })
  const read = compileParameters(schema, {})
  const meant = {
    customer_uid: 'c',
    schedules: [
      {
        merchant_uid: 'a',
        schedule_at: 1700000000,
        amount: 1000,
        extra: { naverUseCfm: '20240101' },
      },
      { merchant_uid: 'b', schedule_at: 1700000001, amount: 2000 },
    ],
  }

  test('JSON and PHP forms say the same', () => {
    assert.deepEqual(read({ ...none, body: { ...meant, surplus: { a: 1 } } }), meant)
    const form =
      'customer_uid=c&schedules[0][merchant_uid]=a&schedules[0][schedule_at]=1700000000' +
      '&schedules[0][amount]=1000&schedules[0][extra][naverUseCfm]=20240101' +
      '&schedules%5B1%5D%5Bmerchant_uid%5D=b&schedules[1][schedule_at]=1700000001& schedules[1][amount]=2000'
    const outcome = parsePhpForm(form)
    assert.equal(outcome.kind, 'parsed')
    assert.deepEqual(read({ ...none, body: outcome.kind === 'parsed' && outcome.fields }), meant)
  })

  test('faults are named with their place', () => {
    const lacking = {
      schedules: [{ merchant_uid: 'a', schedule_at: 1, amount: 1 }, { amount: null }],
    }
    assert.equal(
      messageOf(() => read({ ...none, body: lacking })),
      '파라미터 누락: customer_uid, schedules[1].merchant_uid, schedules[1].schedule_at, schedules[1].amount',
    )
    const wrong = {
      customer_uid: 'c',
      schedules: [{ merchant_uid: 'a', schedule_at: 'x', amount: -1, extra: 'x' }],
    }
    assert.equal(
      messageOf(() => read({ ...none, body: wrong })),
      '파라미터 오류: schedules[0].schedule_at (정수여야 합니다.), schedules[0].amount (0 이상 9999999999 이하의 정수여야 합니다.), schedules[0].extra (객체여야 합니다.)',
    )
  })

  test('one schedule that is no object, or null, is refused and never dropped', () => {
    for (const schedules of [{ merchant_uid: 'a' }, 'a', [null], ['a'], [[1]]]) {
      const message = messageOf(() => read({ ...none, body: { customer_uid: 'c', schedules } }))
      assert.match(message, /^파라미터 오류: schedules/)
    }
  })

  test('an empty PHP array stands for an empty object', () => {
    const [first] = meant.schedules
    const body = { customer_uid: 'c', schedules: [{ ...first, extra: [] }] }
    assert.deepEqual(read({ ...none, body }).schedules[0]?.extra, {})
  })

  test('a message names at most twenty faults', () => {
    const schedules = Array.from({ length: 1000 }, () => ({
      merchant_uid: 'a',
      schedule_at: 1,
      amount: 'x',
    }))
    const message = messageOf(() => read({ ...none, body: { customer_uid: 'c', schedules } }))
    assert.ok(message.endsWith(' 외 980건'))
    assert.ok(message.length < 2000)
  })
})

describe('names and sources', () => {
  const schema = Type.Object({
    from: Type.Optional(Type.Integer()),
    page: Type.Integer({ default: 1 }),
  })
  const read = compileParameters(schema, { from: ['schedule_from', 'schedule-from'] })

  test('an absent or blank parameter takes its default', () => {
    assert.deepEqual(read(none), { page: 1 })
    assert.deepEqual(read({ ...none, query: { page: '' } }), { page: 1 })
    assert.deepEqual(read({ ...none, query: { page: '2' } }), { page: 2 })
  })

  test('an alias counts unless the own name is sent too', () => {
    assert.equal(read({ ...none, query: { schedule_from: '5' } }).from, 5)
    assert.equal(read({ ...none, query: { ' schedule-from ': '5' } }).from, 5)
    assert.equal(read({ ...none, query: { from: '4', schedule_from: '5' } }).from, 4)
    assert.equal(read({ ...none, query: { schedule_from: '5', from: '4' } }).from, 4)
  })

  test('the path wins over the body and the body over the query, but a blank wins over nothing', () => {
    assert.equal(read({ query: { from: '1' }, body: { from: 2 }, path: { from: '3' } }).from, 3)
    assert.equal(read({ query: { from: '1' }, body: { from: 2 }, path: { from: '' } }).from, 2)
    assert.equal(read({ query: { from: '1' }, body: { from: null }, path: {} }).from, 1)
  })

  test('a repeated scalar is its last value', () => {
    const outcome = parsePhpForm('from=1&from=2')
    assert.equal(read({ ...none, query: outcome.kind === 'parsed' && outcome.fields }).from, 2)
  })

  test('inherited and dangerous names are not parameters', () => {
    const body: unknown = JSON.parse('{"__proto__":{"from":9},"constructor":{"from":9}}')
    assert.deepEqual(read({ ...none, body }), { page: 1 })
    assert.deepEqual(read({ ...none, body: Object.create({ from: 9 }) as object }), { page: 1 })
  })

  test('a schema that no reader understands stops the start-up', () => {
    for (const odd of [Type.Number(), Type.Union([Type.String(), Type.Integer()])]) {
      assert.throws(() => compileParameters(Type.Object({ odd }), {}), /parameter odd/)
    }
  })

  test('whatever is sent, the answer is the declared shape or a refusal', () => {
    const shape = Type.Object({
      from: Type.Optional(Type.Integer()),
      flag: Type.Optional(Type.Boolean()),
      text: Type.Optional(jsonText()),
      list: Type.Optional(Type.Array(Type.String())),
      nested: Type.Optional(Type.Array(Type.Object({ from: Type.Integer() }))),
    })
    const readShape = compileParameters(shape, {})
    const key = fc.constantFrom('from', 'flag', 'text', 'list', 'nested', 'from ', '0', '__proto__')
    fc.assert(
      fc.property(fc.object({ key, withNullPrototype: true }), (body) => {
        try {
          const input = readShape({ ...none, body })
          assert.ok(input.from === undefined || Number.isSafeInteger(input.from))
          assert.ok(input.flag === undefined || typeof input.flag === 'boolean')
          assert.ok(input.text === undefined || typeof input.text === 'string')
          assert.ok((input.list ?? []).every((item) => typeof item === 'string'))
          assert.ok((input.nested ?? []).every((item) => Number.isSafeInteger(item.from)))
        } catch (error) {
          if (!(error instanceof V1Error)) throw error
          assert.match(error.message, /^파라미터 (누락|오류): /)
        }
      }),
      { numRuns: 3000 },
    )
  })
})
