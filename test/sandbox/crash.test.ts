// Whatever is killed, nothing runs on unseen, nothing that was committed is lost, and the next start works.

import assert from 'node:assert/strict'
import { createServer, type AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'

import { signalProcess } from '../../src/db/process-identity.ts'
import { mustPay, readLedger, statusOf } from '../support/sandbox-api.ts'
import {
  makePlace,
  type Place,
  type SandboxProcess,
  startSandbox,
  untilGone,
} from '../support/sandbox-process.ts'

// Processes of other programs are looked up in /proc.
const linuxOnly = { skip: process.platform === 'linux' ? false : 'needs /proc' }

let place: Place
let dataDir: string

before(async () => {
  place = await makePlace()
  dataDir = `${place.path}/data`
})

after(() => place?.remove())

const simulatorEntry = 'simulator/main.ts'
const postmasterArguments = 'bin/postgres -D'

test(
  'after kill -9 the database and the simulator end by themselves, and the next start has it all',
  linuxOnly,
  async () => {
    const sandbox = await startSandbox({ dataDir })
    const impUid = await mustPay(sandbox, 'before the kill')
    sandbox.kill('SIGKILL')
    assert.equal((await sandbox.ended()).signal, 'SIGKILL')
    await untilGone(dataDir)
    await restartsWith(impUid)
  },
)

test('after kill -9 the next start works at once, on the same ports', async () => {
  const env = {
    BILLKEY_PORT: String(await findFreePort()),
    BILLKEY_SIMULATOR_PORT: String(await findFreePort()),
  }
  const sandbox = await startSandbox({ dataDir, env })
  const impUid = await mustPay(sandbox, 'before a hasty restart')
  sandbox.kill('SIGKILL')
  // The database may still be writing its last, and the simulator not have noticed yet.
  const next = await startSandbox({ dataDir, env })
  assert.equal(await statusOf(next, impUid), 'paid')
  await mustPay(next, 'after a hasty restart')
  await next.stop()
})

test(
  'after kill -9 of every process, as in a power cut, the next start recovers',
  linuxOnly,
  async () => {
    const sandbox = await startSandbox({ dataDir })
    const impUid = await mustPay(sandbox, 'before the power cut')
    const { entries } = await readLedger(sandbox)
    for (const pid of await sandbox.processes()) signalProcess(pid, 'SIGKILL')
    await untilGone(dataDir)
    const next = await startSandbox({ dataDir })
    assert.equal(await statusOf(next, impUid), 'paid')
    assert.deepEqual((await readLedger(next)).entries, entries)
    await mustPay(next, 'after the power cut')
    await next.stop()
  },
)

for (const { part, found } of [
  { part: 'simulator', found: simulatorEntry },
  { part: 'database', found: postmasterArguments },
]) {
  test(`when the ${part} is killed, the sandbox says so and stops`, linuxOnly, async () => {
    const sandbox = await startSandbox({ dataDir })
    const impUid = await mustPay(sandbox, `before the ${part} was killed`)
    signalProcess(await sandbox.processWith(found), 'SIGKILL')
    const { code, stderr, stdout } = await sandbox.ended()
    assert.equal(
      stderr,
      `billkey: the ${part} has ended unexpectedly; stopping. What was committed is kept: start again\n`,
    )
    assert.equal(code, 1)
    assert.ok(!stdout.includes('Stopping…'))
    await untilGone(dataDir)
    await restartsWith(impUid)
  })
}

test('a simulator that stalls cannot keep the sandbox from stopping', linuxOnly, async () => {
  const sandbox = await startSandbox({ dataDir })
  const simulator = await sandbox.processWith(simulatorEntry)
  process.kill(simulator, 'SIGSTOP')
  sandbox.kill('SIGTERM')
  try {
    assert.equal((await sandbox.ended()).code, 0)
    await untilGone(dataDir)
  } finally {
    signalProcess(simulator, 'SIGCONT')
  }
})

async function restartsWith(impUid: string): Promise<void> {
  const next: SandboxProcess = await startSandbox({ dataDir })
  assert.equal(await statusOf(next, impUid), 'paid')
  await next.stop()
}

async function findFreePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
