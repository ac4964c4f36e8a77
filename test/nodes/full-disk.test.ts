// The database's disk is full: nothing is sent for what cannot be recorded, and what the gateway has answered waits
// for room. A real file system of a few megabytes under a tablespace; only root can mount one.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'

import { Client } from 'pg'

import { adHocSql } from '../../src/db/database.ts'
import { newEntry, registerCard, reserve, schedulesOf } from '../api/reservations.ts'
import { eventually } from '../faults/eventually.ts'
import { createHeldWaits, type HeldWait } from '../faults/held-waits.ts'
import { approvalsOf, orderFault, paymentOf, shownPayment } from '../faults/outcome-checks.ts'
import { newAttempt, onetime } from '../faults/ways-to-charge.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { testServer } from '../support/database-server.ts'
import { executed } from '../workers/scheduled-work.ts'

const sizeMb = 32
const heldCharges = 8

async function onMaintenance<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: await testServer() })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

interface SmallDisk {
  readonly tablespace: string
  /** Leaves no room at all. */
  fill(): Promise<void>
  /** Makes room again. */
  clear(): Promise<void>
  remove(): Promise<void>
}

/** A text instead where this machine cannot: why. */
async function mountSmallDisk(): Promise<SmallDisk | string> {
  const { rows } = await onMaintenance((client) =>
    client.query<{ data_directory: string }>('show data_directory'),
  )
  const owner = await stat(rows[0]?.data_directory ?? '').catch(() => null)
  if (owner === null) return 'the database server is not on this machine'
  const directory = await mkdtemp(join(tmpdir(), 'billkey-disk-'))
  await chmod(directory, 0o711)
  const options = `size=${sizeMb}m,mode=700,uid=${owner.uid},gid=${owner.gid}`
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory], { stdio: 'pipe' })
  } catch (error) {
    await rm(directory, { recursive: true })
    return `no file system can be mounted here: ${(error as Error).message.split('\n')[1]}`
  }
  const tablespace = `small_${process.pid}`
  await onMaintenance((client) =>
    client.query(`create tablespace ${tablespace} location '${directory}'`),
  )
  const filler = join(directory, 'filler')
  return {
    tablespace,
    async fill() {
      const stream = createWriteStream(filler)
      const full = once(stream, 'error')
      const block = Buffer.alloc(65_536)
      const pour = () => {
        while (!stream.destroyed && stream.write(block));
      }
      stream.on('drain', pour)
      pour()
      const [error] = (await full) as [NodeJS.ErrnoException]
      assert.equal(error.code, 'ENOSPC')
    },
    clear: () => rm(filler, { force: true }),
    async remove() {
      await rm(filler, { force: true })
      await onMaintenance((client) => client.query(`drop tablespace ${tablespace}`))
      execFileSync('umount', [directory])
      await rm(directory, { recursive: true })
    },
  }
}

suite('a database without room', () => {
  const waits = createHeldWaits()
  let disk: SmallDisk | string
  let app: TestApp | undefined

  before(async () => {
    disk = await mountSmallDisk()
    if (typeof disk === 'string') return
    const { tablespace } = disk
    app = await startTestApp({
      // Else a charge that finds room for its intent and none for its settlement keeps its caller waiting.
      environment: { BILLKEY_ANSWER_WITHIN_MS: '1000' },
      simulator: { delay: waits.delay },
      databaseVia: async (connectionString) => {
        const name = new URL(connectionString).pathname.slice(1)
        await onMaintenance((client) =>
          client.query(`alter database "${name}" set tablespace ${tablespace}`),
        )
        return connectionString
      },
    })
  })
  after(async () => {
    await app?.close()
    if (disk !== undefined && typeof disk !== 'string') await disk.remove()
  })

  test('refuses what it cannot record, keeps what was answered, and goes on by itself', async (t) => {
    if (typeof disk === 'string') return t.skip(disk)
    const full = app
    assert.ok(full !== undefined)
    const { merchant, parts, simulator } = full
    await registerCard(merchant, 'subscriber')
    await orderFault(full, { fault: 'slow', delayMs: 60_000, times: heldCharges })
    const attempts = Array.from({ length: heldCharges }, () => newAttempt())
    const answers = attempts.map((attempt) => onetime.charge(merchant, attempt))
    const held: HeldWait[] = []
    while (held.length < heldCharges) held.push(await waits.next())
    const due = newEntry(Math.ceil(Date.now() / 1000) + 1)
    schedulesOf(await reserve(merchant, 'subscriber', [due]))
    await disk.fill()

    // What free pages there are takes some more.
    const taken: string[] = []
    const refused = await eventually('a refusal', async () => {
      const { merchantUid, ...card } = newAttempt()
      const { status } = await onetime.charge(merchant, { merchantUid, ...card })
      if (status === 200) taken.push(merchantUid)
      return status === 200 ? undefined : merchantUid
    })
    await assert.rejects(paymentOf(full, refused), /no payment/)
    const sent = simulator.ledger().totals.approvals
    // A caller may have been answered before the money was taken.
    assert.ok(sent <= heldCharges + taken.length + (await executedSoFar(full)))
    for (const wait of held) wait.release()
    const { logged } = full
    await eventually('a settlement that waits', async () =>
      /could not extend file.*settling waits for the database/.test(logged()) ? true : undefined,
    )

    await disk.clear()
    for (const reply of await Promise.all(answers)) {
      assert.equal(shownPayment(reply).status, 'ready')
    }
    assert.equal((await executed(merchant, due.merchant_uid)).payment_status, 'paid')
    const after = newAttempt()
    await onetime.charge(merchant, after)
    const made = [...attempts.map(({ merchantUid }) => merchantUid), ...taken, after.merchantUid]
    for (const merchantUid of made) {
      await eventually(`the settlement of ${merchantUid}`, async () =>
        (await paymentOf(full, merchantUid)).state === 'paid' ? true : undefined,
      )
      assert.equal(approvalsOf(full, (await paymentOf(full, merchantUid)).impUid), 1)
    }
    await assertBooksAgree(parts, simulator.ledger())
  })

  /** Schedules that found room for their intent in a page that was not full. */
  async function executedSoFar({ parts }: TestApp): Promise<number> {
    const { rows } = await parts.db.query<{ n: number }>(
      adHocSql(`select count(*) as n from schedules where state <> 'scheduled'`),
    )
    return rows[0]?.n ?? 0
  }
})
