import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { inspect, promisify } from 'node:util'

import { StartupError } from './primitives/startup-error.ts'
import { runSecretCommand, takeSecrets } from './secret-settings.ts'

const execute = promisify(execFile)
const text = 'canary-5f1d0c'

let directory: string
let file: string
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'billkey-secrets-'))
  file = join(directory, 'secret')
  await writeFile(file, `${text}\n`, { mode: 0o600 })
})
after(() => rm(directory, { recursive: true }))

/** The refusal's code; fails when the secret was taken, or when the message repeats it. */
async function refusalOf(environment: NodeJS.ProcessEnv): Promise<string> {
  const error: unknown = await takeSecrets(environment, ['SECRET']).then(
    (taken) => assert.fail(`taken: ${inspect(taken)}`),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof StartupError, inspect(error))
  assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes(text))
  return error.code
}

test('a secret comes from its setting, a file or a program, without blanks around it', async () => {
  for (const given of [
    { SECRET: ` ${text}\n` },
    { SECRET_FILE: file },
    { SECRET_COMMAND: `cat ${file}` },
    { SECRET_COMMAND: `cat "${directory}"/'secret'` },
    { SECRET_COMMAND: `sh -c 'printf %s "$(cat "$0")" | tr -d x' ${file}` },
    { SECRET: '', SECRET_FILE: ' ', SECRET_COMMAND: `cat ${file}` },
  ]) {
    const { environment, warnings } = await takeSecrets(given, ['SECRET', 'ABSENT'])
    assert.deepEqual(environment, { SECRET: text })
    assert.deepEqual(warnings, [])
  }
})

test('what was taken is no longer in the environment, and the program does not see it either', async () => {
  const environment: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    KEPT: 'kept',
    SECRET: text,
    OTHER_COMMAND: 'env',
  }
  const taken = await takeSecrets(environment, ['SECRET', 'OTHER'])
  assert.deepEqual(Object.keys(environment).sort(), ['KEPT', 'PATH'])
  assert.match(String(taken.environment['OTHER']), /KEPT=kept/)
  assert.doesNotMatch(String(taken.environment['OTHER']), new RegExp(text))
})

test('two ways at once, nothing, and what cannot be read are refused', async () => {
  const empty = join(directory, 'empty')
  const long = join(directory, 'long')
  await writeFile(empty, '\n')
  await writeFile(long, text.repeat(2_000))
  assert.equal(await refusalOf({ SECRET: text, SECRET_FILE: file }), 'secret_ambiguous')
  assert.equal(await refusalOf({ SECRET_FILE: file, SECRET_COMMAND: 'x' }), 'secret_ambiguous')
  assert.equal(await refusalOf({ SECRET_FILE: empty }), 'secret_unreadable')
  assert.equal(await refusalOf({ SECRET_FILE: long }), 'secret_unreadable')
  assert.equal(await refusalOf({ SECRET_FILE: directory }), 'secret_unreadable')
  assert.equal(await refusalOf({ SECRET_FILE: join(directory, 'absent') }), 'secret_unreadable')
  assert.equal(await refusalOf({ SECRET_COMMAND: 'true' }), 'secret_unreadable')
})

test('a file that everybody may read is taken with a warning', async () => {
  const open = join(directory, 'open')
  await writeFile(open, text)
  await chmod(open, 0o644)
  const { environment, warnings } = await takeSecrets({ SECRET_FILE: open }, ['SECRET'])
  assert.equal(environment['SECRET'], text)
  assert.equal(warnings.length, 1)
  assert.match(warnings[0] ?? '', /^SECRET_FILE: every user of this machine may read/)
})

test('a program fails by its exit code, its size or its absence, and what it printed stays unsaid', async () => {
  for (const command of [
    `sh -c 'cat ${file}; exit 3'`,
    `yes ${text}`,
    `sh -c 'cat ${file}; kill -TERM $$'`,
    '/nowhere/at/all',
    `''`,
  ]) {
    assert.equal(await refusalOf({ SECRET_COMMAND: command }), 'secret_command_failed', command)
  }
})

test('nothing of a program is for a shell unless one is named', async () => {
  const witness = join(directory, 'witness')
  for (const command of [
    `true; touch ${witness}`,
    `true && touch ${witness}`,
    `echo $(touch ${witness})`,
    `echo \`touch ${witness}\``,
    `cat ${file} > ${witness}`,
    `cat '${file}`,
  ]) {
    assert.equal(await refusalOf({ SECRET_COMMAND: command }), 'secret_command_failed', command)
  }
  await assert.rejects(readFile(witness), { code: 'ENOENT' })
})

// A zombie counts as ended: its parent is gone, and init may take a moment to collect it.
async function isRunning(pid: number): Promise<boolean> {
  const { stdout } = await execute('ps', ['-o', 'stat=', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }))
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z')
}

test(
  'a program is ended together with what it started when its time is over',
  { timeout: 10_000 },
  async () => {
    const pidFile = join(directory, 'pid')
    const command = `sh -c 'sleep 600 & echo $! > ${pidFile}; wait'`
    const limits = { timeoutMs: 300, environment: { PATH: process.env['PATH'] } }
    const run = runSecretCommand(command, 'SECRET_COMMAND', limits)
    await assert.rejects(run, /SECRET_COMMAND gave nothing within 300 ms/)
    const pid = Number(await readFile(pidFile, 'utf8'))
    assert.ok(pid > 0)
    while (await isRunning(pid)) await nextTurn()
  },
)
