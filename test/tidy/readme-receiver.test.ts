// The receiver of webhooks that both READMEs show is run as it stands: it is what people copy, and a faulty check of
// signatures looks the same as a good one.

import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { seededIds } from '../../src/primitives/seeded-ids.ts'
import { newWebhookSecret, signatureHeaders } from '../../src/webhooks/sign-webhook.ts'
import { read } from './repository-files.ts'

/** The one block of JavaScript of a document. */
function receiverOf(path: string): string {
  const blocks = [...read(path).matchAll(/^```js\n([^]*?)^```/gm)].map(([, code]) => code ?? '')
  assert.equal(blocks.length, 1, path)
  return blocks[0] as string
}

const secret = newWebhookSecret(seededIds('readme'))
const older = newWebhookSecret(seededIds('readme, older'))
const body = '{"imp_uid":"imps_123456789012","merchant_uid":"주문-1","status":"paid"}'

let folder: string
let receiver: ReturnType<typeof fork>
let url: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'billkey-receiver-'))
  // The port is the only thing that is changed.
  const code = receiverOf('README.md').replace(
    "listen(9999, '127.0.0.1')",
    "listen(0, '127.0.0.1', function () { process.send(this.address().port) })",
  )
  await writeFile(join(folder, 'receiver.mjs'), code)
  receiver = fork(join(folder, 'receiver.mjs'), {
    env: { WEBHOOK_SECRET: secret.reveal() },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [port] = (await once(receiver, 'message')) as [number]
  url = `http://127.0.0.1:${port}/`
})

after(async () => {
  const end = once(receiver, 'exit')
  receiver.kill()
  await end
  await rm(folder, { recursive: true })
})

async function answerTo(headers: Record<string, string>, sent = body): Promise<number> {
  return (await fetch(url, { method: 'POST', headers, body: sent })).status
}

const event = { webhookId: '01a20593-8d81-7dd5-9ba2-edaa819b6c32', atMs: Date.now(), body }

test('the receiver of the README takes what is signed with its secret', async () => {
  assert.equal(await answerTo(signatureHeaders(event, [secret])), 200)
})

test('it takes what an older secret signs along', async () => {
  assert.equal(await answerTo(signatureHeaders(event, [older, secret])), 200)
})

test('it refuses another secret, an altered body, an old timestamp and no signature', async () => {
  assert.equal(await answerTo(signatureHeaders(event, [older])), 401)
  assert.equal(await answerTo(signatureHeaders(event, [secret]), body.replace('1"', '2"')), 401)
  const old = { ...event, atMs: event.atMs - 600_000 }
  assert.equal(await answerTo(signatureHeaders(old, [secret])), 401)
  assert.equal(await answerTo({}), 401)
})

test('both READMEs show the same receiver', () => {
  const withoutRemarks = (path: string) => receiverOf(path).replaceAll(/ \/\/ .*$/gm, '')
  assert.equal(withoutRemarks('README.ko.md'), withoutRemarks('README.md'))
})
