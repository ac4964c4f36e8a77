import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { Secret } from '../primitives/secret.ts'
import { createLogger } from './logger.ts'

// A test number of the card schemes' own documents; it passes Luhn's check.
const pan = '4111111111111111'

function capture() {
  let text = ''
  const destination = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  return { logger: createLogger({ level: 'info', destination }), text: () => text }
}

test('named secrets are censored at any depth, in lists and in bindings', () => {
  const { logger, text } = capture()
  const names = [
    'card_number',
    'expiry',
    'birth',
    'pwd_2digit',
    'cvc',
    'imp_secret',
    'access_token',
    '_token',
  ]
  for (const name of [...names, 'Authorization', 'X-ImpTokenHeader', 'AUTOKEY', 'link_key']) {
    logger.info({ [name]: 'LEAK', a: { b: [{ [name]: 'LEAK' }] } }, 'line')
    logger.child({ [name]: 'LEAK' }).info('line')
  }
  logger.info({ held: new Secret('LEAK') })
  assert.ok(!text().includes('LEAK'))
  assert.ok(text().includes('[secret]'))
})

test('card numbers and tokens in running text are masked, order numbers are not', () => {
  const { logger, text } = capture()
  logger.info(`card ${pan} and 4111-1111-1111-1111 and 4111 1111 1111 1111`)
  logger.info({ url: '/payments/x?page=1&_token=LEAK&b=2' })
  logger.info(`"${pan}x" and x${pan}`)
  logger.error({ err: new Error(`refused ${pan}`, { cause: new Error(`because ${pan}`) }) })
  logger.info({ imp_uid: 'imps_411111111111', at: 1700000000000, order: '20240101000000001' })
  assert.ok(!text().includes('1111-1111'))
  assert.ok(!text().includes('1111 1111'))
  assert.ok(!text().includes(pan))
  assert.ok(!text().includes('LEAK'))
  assert.ok(text().includes('page=1&_token=[secret]&b=2'))
  assert.ok(text().includes('imps_411111111111'))
  assert.ok(text().includes('1700000000000'))
  assert.ok(text().includes('20240101000000001'))
})

test('an error is its name, message, code, stack and cause, and none of its other properties', () => {
  const { logger, text } = capture()
  const error = Object.assign(new TypeError('duplicate key'), {
    code: '23505',
    detail: 'Key (customer_name)=(LEAK) already exists.',
    parameters: ['LEAK'],
  })
  logger.error({ err: error }, 'query failed')
  logger.error({ failure: error, all: [error] }, 'under another name')
  const line = JSON.parse(text().split('\n')[0] ?? '') as {
    level: string
    msg: string
    err: Record<string, unknown>
  }
  assert.equal(line.level, 'error')
  assert.equal(line.msg, 'query failed')
  assert.equal(line.err['code'], '23505')
  assert.match(String(line.err['stack']), /logger\.test/)
  assert.ok(!text().includes('LEAK'))
})

test('what the database quotes of a value that does not fit is cut out', () => {
  const { logger, text } = capture()
  const message = 'invalid input syntax for type integer: "LEAK"'
  logger.error({ err: Object.assign(new Error(message), { code: '22P02' }) }, 'failed')
  assert.ok(!text().includes('LEAK'), text())
  assert.ok(text().includes('invalid input syntax for type integer'))
})

test('passwords in addresses and long runs of hex are masked, ids are not', () => {
  const { logger, text } = capture()
  const hex = 'deadbeef'.repeat(5)
  logger.error({ err: new Error('connect postgres://user:LEAK@db.internal:5432/billkey') })
  logger.info('GET /agency/list.jsp?CPID=CTS00001&PASSWORD=LEAK&TYPE=2')
  logger.info(`token ${hex}, trace ${hex.slice(0, 32)}, 01a20593-8d81-7dd5-9ba2-edaa819b6c32`)
  assert.ok(!text().includes('LEAK'), text())
  assert.ok(!text().includes(hex))
  assert.ok(text().includes('postgres://user:[secret]@db.internal:5432/billkey'))
  assert.ok(text().includes('CPID=CTS00001&PASSWORD=[secret]&TYPE=2'))
  assert.ok(text().includes(`trace ${hex.slice(0, 32)}, 01a20593-8d81-7dd5-9ba2-edaa819b6c32`))
})

test('a cycle and a thrown string are logged without failing', () => {
  const { logger, text } = capture()
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  logger.info({ cycle, err: 'just text' }, 'odd')
  assert.ok(text().includes('[deep]'))
})
