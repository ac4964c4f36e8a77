// In the sandbox a payment whose answer was lost ends by itself: the simulator tells of it.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { eventually } from '../faults/eventually.ts'
import { addFault, pay, statusOf } from '../support/sandbox-api.ts'
import {
  makePlace,
  type Place,
  type SandboxProcess,
  startSandbox,
} from '../support/sandbox-process.ts'

let place: Place
let sandbox: SandboxProcess

before(async () => {
  place = await makePlace()
  sandbox = await startSandbox({ dataDir: `${place.path}/data` })
})

after(async () => {
  await sandbox?.stop()
  await place?.remove()
})

test('a payment with a lost answer is ready at first, and paid after some seconds', async () => {
  await addFault(sandbox, { match: {}, fault: 'answer_lost' })
  const answer = await pay(sandbox, 'order-lost')
  const { imp_uid: impUid, status } = answer.response as { imp_uid: string; status: string }
  assert.equal(status, 'ready')
  await eventually('the payment being paid', async () =>
    (await statusOf(sandbox, impUid)) === 'paid' ? true : undefined,
  )
})
