// What the simulator tells by itself over a restart; the notifications' contents are tested where they are read.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { control, keyIn, pay } from './raw-terminal.ts'
import { startSimulator } from './simulator.ts'

test('a notification that was not taken before a restart waits for its URL and is sent then', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-notifications-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const ledgerFile = join(folder, 'ledger.ndjson')
  const refusing = await startSimulator({
    ledgerFile,
    settings: { notificationUrls: { '*': 'http://127.0.0.1:1/' } },
  })
  const { DAOUTRX } = await pay(refusing.url, keyIn)
  await refusing.close()

  const told: string[] = []
  const merchant = createServer((request, response) => {
    told.push(new URL(request.url ?? '', 'http://merchant').searchParams.get('DAOUTRX') ?? '')
    response.end('<html><body><RESULT>SUCCESS</RESULT></body></html>')
  }).listen(0, '127.0.0.1')
  await once(merchant, 'listening')
  t.after(() => merchant.close())
  const { port } = merchant.address() as AddressInfo

  const restarted = await startSimulator({ ledgerFile })
  t.after(() => restarted.close())
  const url = `http://127.0.0.1:${port}/`
  const arrival = once(merchant, 'request')
  await control(restarted.url, 'POST /_settings', { notificationUrls: { '*': url } })
  await arrival
  assert.deepEqual(told, [DAOUTRX])
})
