// Stopping stops everything, and nobody who waits for an answer goes without.

import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'

import { addFault, mustPay, pay, readLedger, statusOf } from '../support/sandbox-api.ts'
import {
  makePlace,
  npmStart,
  type Place,
  runBillkey,
  type SandboxProcess,
  startSandbox,
  until,
  untilGone,
} from '../support/sandbox-process.ts'

let place: Place

before(async () => {
  place = await makePlace()
})

after(() => place?.remove())

/** Waits until the simulator has charged the card and holds its answer back. */
async function untilCharged(sandbox: SandboxProcess, approvals: number): Promise<void> {
  await until('the simulator charges', async () => {
    return (await readLedger(sandbox)).totals.approvals === approvals
  })
}

/** PostgreSQL's own last words: whether it wrote all and closed. */
async function wasShutDownCleanly(dataDir: string): Promise<boolean> {
  const directory = join(dataDir, 'postgres', 'log')
  const newest = (await readdir(directory)).sort().at(-1) ?? ''
  return (await readFile(join(directory, newest), 'utf8')).includes('database system is shut down')
}

// The slow charge takes seconds in which nothing happens here, so the others need not wait for it.
describe('stopping', { concurrency: true }, () => {
  // Longer than any grace that is not derived from the time in which answers leave.
  const slowMs = 11_000

  test('a request under way with a slow card gets its answer before the stop', async () => {
    const dataDir = `${place.path}/slow`
    const sandbox = await startSandbox({ dataDir })
    await addFault(sandbox, { fault: 'slow', delayMs: slowMs })
    const order: string[] = []
    const answer = pay(sandbox, 'slow').finally(() => order.push('answered'))
    await untilCharged(sandbox, 1)
    sandbox.kill('SIGTERM')
    const ending = await sandbox.ended().finally(() => order.push('ended'))
    const { code, response } = await answer
    assert.deepEqual(order, ['answered', 'ended'])
    const payment = response as { imp_uid: string; status: string }
    assert.deepEqual([code, payment.status], [0, 'paid'])
    assert.deepEqual([ending.code, ending.stderr], [0, ''])
    await untilGone(dataDir)

    const next = await startSandbox({ dataDir })
    assert.equal(await statusOf(next, payment.imp_uid), 'paid')
    assert.equal((await readLedger(next)).totals.approvals, 1)
    await next.stop()
  })

  describe('one after the other', { concurrency: 1 }, () => {
    const dataDir = () => `${place.path}/idle`

    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      test(`${signal} ends every process, with exit code 0`, async () => {
        const sandbox = await startSandbox({ dataDir: dataDir() })
        await mustPay(sandbox, `before ${signal}`)
        sandbox.kill(signal)
        const ending = await sandbox.ended()
        assert.deepEqual([ending.code, ending.stderr], [0, ''])
        assert.match(ending.stdout, /\nStopping…\n$/)
        // The process waits for the others: nothing is left once it is gone.
        assert.deepEqual(await sandbox.processes(), [])
        assert.ok(await wasShutDownCleanly(dataDir()))
      })
    }

    test('Ctrl-C under npm start, which every process of the group gets, ends all of it', async () => {
      const sandbox = await startSandbox({ dataDir: dataDir(), command: npmStart })
      await mustPay(sandbox, 'before Ctrl-C')
      sandbox.killGroup('SIGINT')
      const ending = await sandbox.ended()
      assert.match(ending.stdout, /\nStopping…\n$/)
      await untilGone(dataDir())
      assert.ok(await wasShutDownCleanly(dataDir()))
    })

    // npm passes it to its shell, and that ends without a word to its child.
    test('SIGTERM to npm start alone ends all of it', async () => {
      const sandbox = await startSandbox({ dataDir: dataDir(), command: npmStart })
      sandbox.kill('SIGTERM')
      const ending = await sandbox.ended()
      assert.match(ending.stdout, /\nStopping…\n$/)
      await untilGone(dataDir())
      assert.ok(await wasShutDownCleanly(dataDir()))
    })

    test('one Ctrl-C that arrives twice is still one', async () => {
      const sandbox = await startSandbox({ dataDir: dataDir() })
      sandbox.kill('SIGINT')
      sandbox.kill('SIGINT')
      const ending = await sandbox.ended()
      assert.deepEqual([ending.code, ending.stderr], [0, ''])
      await untilGone(dataDir())
    })

    test('who insists is obeyed at once, even while a charge is under way', async () => {
      const sandbox = await startSandbox({ dataDir: dataDir() })
      await addFault(sandbox, { fault: 'slow', delayMs: 600_000 })
      const { approvals } = (await readLedger(sandbox)).totals
      const answer = assert.rejects(pay(sandbox, 'abandoned'))
      await untilCharged(sandbox, approvals + 1)
      let isOver = false
      const ended = sandbox.ended().finally(() => (isOver = true))
      await until('it gives in', async () => {
        sandbox.kill('SIGINT')
        return isOver
      })
      assert.equal((await ended).code, 130)
      await answer
      await untilGone(dataDir())
      // What became of the charge is for the evidence to say; it was made once.
      const next = await startSandbox({ dataDir: dataDir() })
      const retried = await pay(next, 'abandoned')
      assert.equal(retried.code, -1, JSON.stringify(retried))
      assert.equal((await readLedger(next)).totals.approvals, approvals + 1)
      await next.stop()
    })

    test('a signal during the start is obeyed once it is through', async () => {
      const sandbox = runBillkey(['sandbox'], { dataDir: dataDir() })
      await until('PostgreSQL is on its way up', async () => {
        const pid = join(dataDir(), 'postgres', 'cluster', 'postmaster.pid')
        return (await readFile(pid, 'utf8').catch(() => '')) !== ''
      })
      await signalOwner(dataDir())
      const ending = await sandbox
      assert.deepEqual([ending.code, ending.stderr], [0, ''])
      await untilGone(dataDir())
    })
  })
})

/** The number of the process that has signed in to the data directory. */
async function signalOwner(dataDir: string): Promise<void> {
  const [owner] = await readdir(join(dataDir, 'postgres', 'owners'))
  process.kill(Number(owner), 'SIGTERM')
}
