import assert from 'node:assert/strict'
import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { cancelOf, control, exchange, keyCharge, keyIn, keyIssue, pay } from './raw-terminal.ts'

const main = join(import.meta.dirname, 'main.ts')
let folder: string
const children: ChildProcess[] = []
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'simulator-main-'))
})
after(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

function run(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  return child
}

async function urlOf(child: ChildProcess): Promise<string> {
  assert.ok(child.stdout)
  for await (const line of createInterface(child.stdout)) {
    const ready = JSON.parse(line) as { simulator: string; url: string }
    assert.equal(ready.simulator, 'ready')
    return ready.url
  }
  throw new Error('ended before it was ready')
}

async function resultOf(child: ChildProcess): Promise<{ code: unknown; out: string; err: string }> {
  let out = ''
  let err = ''
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const [code] = (await once(child, 'close')) as unknown[]
  return { code, out, err }
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<unknown[]> {
  const ended = once(child, 'exit')
  child.kill(signal)
  return ended
}

describe('the simulator as a process', () => {
  it('keeps its ledger through kill -9, and goes on where it was', async () => {
    const ledger = join(folder, 'killed.ndjson')
    const first = run('--port', '0', '--ledger', ledger)
    const url = await urlOf(first)
    const { AUTOKEY = '' } = await pay(url, keyIssue)
    const { DAOUTRX = '' } = await pay(url, { ...keyCharge, AUTOKEY })
    const lost = { ...keyIn, ORDERNO: 'lost', CARDNO: '9366000000903004' }
    assert.equal((await exchange(url, lost)).kind, 'broken')
    // Killed while an approved answer is still held back.
    const held = exchange(url, { ...keyIn, ORDERNO: 'held', CARDNO: '9366000000103001' })
    let seen = 0
    while (seen < 4) {
      const totals = (await control(url, 'GET /_ledger'))['totals'] as { entries: number }
      seen = totals.entries
    }
    assert.deepEqual(await kill(first, 'SIGKILL'), [null, 'SIGKILL'])
    assert.equal((await held).kind, 'broken')

    const second = run('--port', '0', '--ledger', ledger)
    const again = await urlOf(second)
    const { totals, entries } = await control(again, 'GET /_ledger')
    assert.deepEqual(
      (entries as Record<string, unknown>[]).map(({ kind, orderno, answer }) => [
        kind,
        orderno,
        answer,
      ]),
      [
        ['key_issue', 'key-1', 'delivered'],
        ['approval', 'cycle-1', 'delivered'],
        ['approval', 'lost', 'lost'],
        ['approval', 'held', 'lost'],
      ],
    )
    assert.equal((totals as Record<string, unknown>)['approvedAmount'], 9000)
    const cancelled = await pay(again, cancelOf(DAOUTRX, { PAYMETHOD: 'CARD-BATCH' }))
    assert.equal(cancelled['RESULTCODE'], '0000')
    assert.equal((await pay(again, { ...keyCharge, AUTOKEY }))['RESULTCODE'], '0000')
    assert.deepEqual(await kill(second, 'SIGTERM'), [0, null])
  })

  it('stops at once on SIGINT, even with an answer held back', async () => {
    const child = run('--port', '0')
    const url = await urlOf(child)
    const held = exchange(url, { ...keyIn, CARDNO: '9366000000503002' })
    while ((await ledgerEntries(url)) === 0) continue
    assert.deepEqual(await kill(child, 'SIGINT'), [0, null])
    assert.equal((await held).kind, 'broken')
  })

  it('stops when its parent is gone', async () => {
    const child = fork(main, ['--port', '0'], {
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    children.push(child)
    await urlOf(child)
    const ended = once(child, 'exit')
    // What the child sees of a dead parent is its IPC channel closing.
    child.disconnect()
    assert.deepEqual(await ended, [0, null])
  })

  it('says in one line that the port is taken, and leaves the ledger alone', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const { port } = holder.address() as AddressInfo
    const { code, out, err } = await resultOf(run('--port', String(port)))
    holder.close()
    assert.equal(code, 1)
    assert.equal(out, '')
    assert.match(err, /^simulator: the port is already in use \(.*\)\n$/)
    assert.match(err, new RegExp(String(port)))
  })

  it('refuses arguments it does not understand', async () => {
    for (const args of [
      ['--port', 'http'],
      ['--prot', '1'],
      ['--settings', '{"slowMs":-1}'],
      ['--settings', '{'],
    ]) {
      const { code, err } = await resultOf(run('--port', '0', ...args))
      assert.equal(code, 1, args.join(' '))
      assert.match(err, /^simulator: [^\n]+\n$/)
    }
  })

  it('takes settings from the command line', async () => {
    const child = run('--port', '0', '--settings', '{"readyResultCode":true}')
    const url = await urlOf(child)
    assert.equal((await control(url, 'GET /_settings'))['readyResultCode'], true)
    await kill(child, 'SIGTERM')
  })

  it('explains itself with --help', async () => {
    const { code, out } = await resultOf(run('--help'))
    assert.equal(code, 0)
    assert.match(out, /--ledger <file>/)
  })
})

async function ledgerEntries(url: string): Promise<number> {
  const totals = (await control(url, 'GET /_ledger'))['totals'] as { entries: number }
  return totals.entries
}
