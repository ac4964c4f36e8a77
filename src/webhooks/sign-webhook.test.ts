import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { randomIds } from '../primitives/ids.ts'
import { Secret } from '../primitives/secret.ts'
import { newWebhookSecret, signatureHeaders } from './sign-webhook.ts'

// The reference vector of the Standard Webhooks libraries.
const vector = {
  secret: new Secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'),
  signable: {
    webhookId: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    atMs: 1_614_265_330_999,
    body: '{"test": 2432232314}',
  },
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
}

describe('a signature', () => {
  it('is the one of the reference vector', () => {
    assert.deepEqual(signatureHeaders(vector.signable, [vector.secret]), {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': vector.signature,
    })
  })

  it('stands beside that of every other live secret, newest first', () => {
    const fresh = newWebhookSecret(randomIds)
    const header = signatureHeaders(vector.signable, [fresh, vector.secret])['webhook-signature']
    const [first, second, ...more] = header?.split(' ') ?? []
    const alone = signatureHeaders(vector.signable, [fresh])['webhook-signature']
    assert.deepEqual([first, second, more], [alone, vector.signature, []])
  })
})

describe('a new secret', () => {
  it('is whsec_ and 32 random bytes', () => {
    const [one, two] = [newWebhookSecret(randomIds).reveal(), newWebhookSecret(randomIds).reveal()]
    assert.notEqual(one, two)
    assert.equal(Buffer.from(one.slice('whsec_'.length), 'base64').length, 32)
    assert.ok(one.startsWith('whsec_'))
  })
})
