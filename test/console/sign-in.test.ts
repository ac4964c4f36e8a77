import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { addOperator } from '../../src/operators/manage-operators.ts'
import { totpCode, totpStepOf } from '../../src/operators/totp.ts'
import { Secret } from '../../src/primitives/secret.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import { adHocSql } from '../../src/db/database.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { openConsole, signedInAs } from './console-client.ts'

const minute = 60_000
const clock = new TestClock(Date.UTC(2026, 10, 28, 3, 0))
const password = 'a long and quiet river 7'

let app: TestApp
before(async () => {
  app = await startTestApp({ clock, role: 'api' })
})
after(() => app.close())

async function actionsOf(email: string): Promise<string[]> {
  const { rows } = await app.parts.db.query<{ action: string }>(
    adHocSql(`select action from audit_events where subject = $1 order by sequence`),
    [email],
  )
  return rows.map(({ action }) => action)
}

describe('the first sign-in', () => {
  it('takes the password that was made, and demands another before anything else', async () => {
    const { merchantId } = app.merchant
    const wanted = { merchantId, email: 'Kim@Shop.example', name: 'Kim', role: 'owner' } as const
    const added = await addOperator(app.parts, wanted, 'cli:test')
    assert.ok(added.kind === 'added')
    const made = added.password.reveal()
    const kim = openConsole(app.url)
    const signedIn = await kim.ok('POST', '/session', {
      email: ' KIM@shop.example',
      password: made,
    })
    assert.equal(signedIn.needs, null)
    assert.equal(signedIn.session.operator.email, 'kim@shop.example')
    assert.equal(signedIn.session.mustDo, 'change_password')
    assert.equal(signedIn.session.mode, 'sandbox')
    await kim.refused('password_change_required', 'GET', '/clock')
    const first = kim.token
    const weak = { current: made, next: 'kim@shop.example' }
    await kim.refused('weak_password', 'PUT', '/session/password', weak)
    await kim.refused('wrong_password', 'PUT', '/session/password', {
      current: 'x',
      next: password,
    })
    const session = await kim.ok('PUT', '/session/password', { current: made, next: password })
    assert.equal(session.mustDo, null)
    assert.notEqual(kim.token, first)
    await kim.ok('GET', '/clock')
    assert.deepEqual(await actionsOf('kim@shop.example'), [
      'operator.added',
      'operator.signed_in',
      'operator.password_changed',
    ])
  })

  it('never shows or keeps a password', async () => {
    assert.ok(!app.logged().includes(password))
    const { rows } = await app.parts.db.query<{ text: string }>(
      adHocSql('select operators::text as text from operators'),
    )
    assert.ok(rows.every(({ text }) => !text.includes(password)))
    assert.ok(rows.some(({ text }) => text.includes('$scrypt$ln=8,r=8,p=1$')))
  })
})

describe('a session', () => {
  it('gets a token of its own at sign-in, whatever the browser held', async () => {
    const lee = await signedInAs(app, 'viewer')
    const held = lee.token as string
    const again = openConsole(app.url)
    again.token = `${app.merchant.merchantId}.${'a'.repeat(43)}`
    await again.ok('POST', '/session', { email: lee.email, password })
    assert.notEqual(again.token, `${app.merchant.merchantId}.${'a'.repeat(43)}`)
    // The browser's old session ends when it signs in anew.
    lee.csrfToken = null
    await lee.ok('POST', '/session', { email: lee.email, password })
    const stolen = openConsole(app.url)
    stolen.token = held
    await stolen.refused('not_signed_in', 'GET', '/session')
  })

  it('has its token replaced after a quarter of an hour, and the old one ends a minute later', async () => {
    const lee = await signedInAs(app, 'viewer')
    const old = lee.token as string
    const { csrfToken } = lee
    clock.advance(15 * minute)
    const beside = openConsole(app.url)
    beside.token = old
    await lee.ok('GET', '/session')
    assert.notEqual(lee.token, old)
    assert.equal(lee.csrfToken, csrfToken)
    await beside.ok('GET', '/session')
    assert.equal(beside.token, old)
    clock.advance(minute)
    await beside.refused('not_signed_in', 'GET', '/session')
    await lee.ok('GET', '/session')
  })

  it('ends after half an hour of nothing, and after twelve hours of anything', async () => {
    const idle = await signedInAs(app, 'viewer')
    const polling = await signedInAs(app, 'viewer')
    const busy = await signedInAs(app, 'viewer')
    for (let passed = 0; passed < 30; passed += 10) {
      clock.advance(10 * minute)
      const background = { 'x-billkey-background': '1' }
      if (passed < 20) {
        const { status } = await polling.call('GET', '/session', undefined, background)
        assert.equal(status, 200)
      }
      await busy.ok('GET', '/session')
    }
    await idle.refused('not_signed_in', 'GET', '/session')
    await polling.refused('not_signed_in', 'GET', '/session')
    for (let passed = 30; passed < 11 * 60 + 50; passed += 20) {
      clock.advance(20 * minute)
      await busy.ok('GET', '/session')
    }
    clock.advance(10 * minute)
    await busy.refused('not_signed_in', 'GET', '/session')
  })

  it('is listed, and can be ended, of oneself only', async () => {
    const one = await signedInAs(app, 'owner')
    const other = openConsole(app.url)
    await other.ok('POST', '/session', { email: one.email, password })
    const { items } = await one.ok('GET', '/sessions')
    assert.equal(items.length, 2)
    const theirs = items.find((item: { isThisOne: boolean }) => !item.isThisOne)
    const stranger = await signedInAs(app, 'owner')
    await stranger.refused('not_found', 'DELETE', `/sessions/${theirs.sessionId}`)
    await one.ok('DELETE', `/sessions/${theirs.sessionId}`)
    await other.refused('not_signed_in', 'GET', '/session')
    await one.ok('DELETE', '/session')
    assert.equal(one.token, null)
    await one.refused('not_signed_in', 'GET', '/session')
  })

  it('ends everywhere else when the password changes', async () => {
    const one = await signedInAs(app, 'operator')
    const other = openConsole(app.url)
    await other.ok('POST', '/session', { email: one.email, password })
    const next = 'another long and quiet river'
    await one.ok('PUT', '/session/password', { current: password, next })
    await one.ok('GET', '/session')
    await other.refused('not_signed_in', 'GET', '/session')
    const late = { email: one.email, password }
    await other.refused('wrong_credentials', 'POST', '/session', late)
  })
})

describe('wrong passwords', () => {
  it('make an account wait longer and longer, whether it exists or not', async () => {
    const lee = await signedInAs(app, 'viewer')
    for (const email of [lee.email, 'nobody@shop.example']) {
      const door = openConsole(app.url)
      const wrong = { email, password: 'wrong' }
      for (let tries = 0; tries < 6; tries += 1) {
        await door.refused('wrong_credentials', 'POST', '/session', wrong)
      }
      const blocked = await door.refused('locked_out', 'POST', '/session', { email, password })
      assert.equal(blocked.status, 429)
      assert.equal(blocked.headers.get('retry-after'), '2')
      clock.advance(2_000)
      await door.refused('wrong_credentials', 'POST', '/session', wrong)
      const longer = await door.refused('locked_out', 'POST', '/session', { email, password })
      assert.equal(longer.headers.get('retry-after'), '4')
    }
    clock.advance(4_000)
    const door = openConsole(app.url)
    await door.ok('POST', '/session', { email: lee.email, password })
    await door.ok('DELETE', '/session')
    // Whoever was right starts anew.
    await door.refused('wrong_credentials', 'POST', '/session', { email: lee.email, password: 'x' })
    await door.ok('POST', '/session', { email: lee.email, password })
    const actions = await actionsOf(lee.email)
    assert.equal(actions.filter((action) => action === 'operator.sign_in_refused').length, 8)
    clock.advance(25 * 60 * minute)
  })

  it('side by side count as many as they are', async () => {
    const lee = await signedInAs(app, 'viewer')
    const tries = Array.from({ length: 12 }, () =>
      openConsole(app.url).call('POST', '/session', { email: lee.email, password: 'wrong' }),
    )
    const statuses = (await Promise.all(tries)).map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 401).length, 6)
    assert.equal(statuses.filter((status) => status === 429).length, 6)
    clock.advance(25 * 60 * minute)
  })

  it('make an address wait that tries many accounts', async () => {
    const blocked = []
    for (let tries = 0; tries < 22; tries += 1) {
      const wrong = { email: `guess-${tries}@shop.example`, password: 'wrong' }
      const { status } = await openConsole(app.url).call('POST', '/session', wrong)
      if (status === 429) blocked.push(tries)
    }
    assert.deepEqual(blocked, [21])
    clock.advance(25 * 60 * minute)
  })
})

describe('TOTP', () => {
  const secretOf = (base32: string) => {
    const bits = [...base32]
      .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter))
      .map((five) => five.toString(2).padStart(5, '0'))
      .join('')
    return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  }
  const codeNow = (secret: Buffer) => totpCode(secret, totpStepOf(clock.now()))

  it('is asked for after it was set up; no code and no recovery code works twice', async () => {
    const kim = await signedInAs(app, 'owner')
    await kim.refused('wrong_password', 'POST', '/session/totp-setup', { password: 'x' })
    const begun = await kim.ok('POST', '/session/totp-setup', { password })
    assert.match(begun.otpauthUri, /^otpauth:\/\/totp\/billkey%20test:owner-/)
    const secret = secretOf(begun.secret)
    await kim.refused('wrong_totp_code', 'POST', '/session/totp-confirm', { code: '000000' })
    const before = kim.token
    const on = await kim.ok('POST', '/session/totp-confirm', { code: codeNow(secret) })
    assert.equal(on.recoveryCodes.length, 10)
    assert.equal(on.session.operator.hasTotp, true)
    assert.notEqual(kim.token, before)

    const door = openConsole(app.url)
    const half = await door.ok('POST', '/session', { email: kim.email, password })
    assert.deepEqual(half, { needs: 'totp', session: null })
    await door.refused('not_signed_in', 'GET', '/session')
    // The code that switched it on is spent.
    await door.refused('wrong_totp_code', 'POST', '/session/totp', { code: codeNow(secret) })
    clock.advance(30_000)
    const code = codeNow(secret)
    const halfToken = door.token
    await door.ok('POST', '/session/totp', { code })
    assert.notEqual(door.token, halfToken)
    await door.ok('GET', '/session')

    const replay = openConsole(app.url)
    await replay.ok('POST', '/session', { email: kim.email, password })
    await replay.refused('wrong_totp_code', 'POST', '/session/totp', { code })
    const recovery = { code: on.recoveryCodes[3].toUpperCase().replaceAll('-', ' ') }
    await replay.ok('POST', '/session/totp', recovery)
    const again = openConsole(app.url)
    await again.ok('POST', '/session', { email: kim.email, password })
    await again.refused('wrong_totp_code', 'POST', '/session/totp', recovery)
    const { operator } = await replay.ok('GET', '/session')
    assert.equal(operator.recoveryCodesLeft, 9)
  })

  it('has to be sent within five minutes of the password', async () => {
    const kim = await signedInAs(app, 'owner')
    const begun = await kim.ok('POST', '/session/totp-setup', { password })
    const secret = secretOf(begun.secret)
    await kim.ok('POST', '/session/totp-confirm', { code: codeNow(secret) })
    const door = openConsole(app.url)
    await door.ok('POST', '/session', { email: kim.email, password })
    clock.advance(5 * minute)
    await door.refused('not_signed_in', 'POST', '/session/totp', { code: codeNow(secret) })
    await kim.refused('wrong_totp_code', 'DELETE', '/session/totp-setup?code=000000')
    await kim.ok('DELETE', `/session/totp-setup?code=${codeNow(secret)}`)
    await door.ok('POST', '/session', { email: kim.email, password })
    await door.ok('GET', '/session')
  })
})

describe('one e-mail at two merchants', () => {
  it('changes over with the password of the other one', async () => {
    const here = await signedInAs(app, 'owner')
    const other = await app.addMerchant()
    const secret = 'a password of the other shop'
    const wanted = {
      merchantId: other.merchantId,
      email: here.email,
      name: 'the same',
      role: 'viewer',
      password: new Secret(secret),
    } as const
    await addOperator(app.parts, wanted, 'test')
    const session = await here.ok('GET', '/session')
    assert.deepEqual(session.otherMerchants, [{ merchantId: other.merchantId, name: 'test' }])
    const to = { merchantId: other.merchantId }
    await here.refused('wrong_credentials', 'PUT', '/session/merchant', { ...to, password })
    const there = await here.ok('PUT', '/session/merchant', { ...to, password: secret })
    assert.equal(there.session.merchant.merchantId, other.merchantId)
    assert.equal(there.session.operator.role, 'viewer')
  })
})
