// What other users of the machine, and programs that billkey starts, can see of its secrets: environments, arguments and
// what is printed. And that `npm run audit` knows what it could not ask from what it found.

import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { makePlace, type Place, runBillkey, startSandbox } from '../support/sandbox-process.ts'

const impSecret = `canary-${randomBytes(20).toString('hex')}`
const masterKey = randomBytes(32).toString('base64')

suite('the secrets of a process', () => {
  let place: Place
  before(async () => {
    place = await makePlace()
    await writeFile(join(place.path, 'imp-secret'), `${impSecret}\n`, { mode: 0o604 })
    await chmod(join(place.path, 'imp-secret'), 0o604)
  })
  after(() => place?.remove())

  test('are taken from a file and from the environment, and nobody started by it sees them', async () => {
    const sandbox = await startSandbox({
      dataDir: join(place.path, 'data'),
      env: {
        BILLKEY_IMP_SECRET_FILE: join(place.path, 'imp-secret'),
        BILLKEY_MASTER_KEY: masterKey,
      },
    })
    assert.equal(sandbox.impSecret, impSecret)
    const others = (await sandbox.processes()).filter((pid) => pid !== sandbox.pid)
    assert.ok(others.length >= 2, `${others.length} processes`)
    const seen = await whatIsSeenOf(others)
    assert.match(seen, /simulator/)
    assert.ok(!seen.includes(impSecret) && !seen.includes(masterKey))
    const ended = await sandbox.stop()
    assert.match(ended.stderr, /BILLKEY_IMP_SECRET_FILE: every user of this machine may read/)
  })

  test('given twice stop the start in one line that shows none of them', async () => {
    const env = { BILLKEY_MASTER_KEY: masterKey, BILLKEY_MASTER_KEY_FILE: '/nowhere' }
    const ended = await runBillkey(['doctor'], { dataDir: join(place.path, 'twice'), env })
    assert.equal(ended.code, 1)
    assert.equal(
      ended.stderr,
      'billkey: BILLKEY_MASTER_KEY and BILLKEY_MASTER_KEY_FILE are set together: keep one\n',
    )
  })
})

/** Arguments of every process, and environments where the system shows them. */
async function whatIsSeenOf(pids: readonly number[]): Promise<string> {
  const parts = [execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' })]
  for (const pid of pids) {
    parts.push(await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => ''))
  }
  return parts.join('\n')
}

suite('npm run audit', () => {
  const program = fileURLToPath(new URL('../../tools/audit-dependencies.ts', import.meta.url))

  for (const [what, printed, code, says] of [
    [
      'could not ask',
      '{"message":"405 Method Not Allowed - POST https://registry.invalid/x"}',
      3,
      /could not ask/,
    ],
    ['got no report', 'not json', 3, /could not ask/],
    ['found nothing', '{"vulnerabilities":{}}', 0, /^0 packages/],
    [
      'found something',
      '{"vulnerabilities":{"pg":{"name":"pg","severity":"high","range":"<9","via":[{"title":"T","url":"U"}]}}}',
      1,
      /^high {2}pg <9: T U\n1 packages/,
    ],
  ] as const) {
    test(`says when it ${what}`, async () => {
      const place = await makePlace()
      await writeFile(join(place.path, 'npm'), `#!/bin/sh\ncat <<'END'\n${printed}\nEND\nexit 1\n`)
      await chmod(join(place.path, 'npm'), 0o755)
      const ended = await new Promise<{ code: unknown; said: string }>((resolve) => {
        const env = { PATH: `${place.path}:${process.env['PATH']}` }
        execFile(process.execPath, [program], { env }, (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : error.code, said: stdout + stderr }),
        )
      })
      await place.remove()
      assert.equal(ended.code, code)
      assert.match(ended.said, says)
      assert.doesNotMatch(ended.said, /registry\.invalid/)
    })
  }
})
