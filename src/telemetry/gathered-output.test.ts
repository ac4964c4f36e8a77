import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'

const logger = `
  import { createLogger } from '${new URL('./logger.ts', import.meta.url).href}'
  const log = createLogger({ level: 'info' })
`

function run(program: string) {
  const { stdout, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', logger + program],
    { encoding: 'utf8' },
  )
  const lines = stdout.split('\n').filter((line) => line !== '')
  return { messages: lines.map((line) => (JSON.parse(line) as { msg: string }).msg), status }
}

test('lines go out in their order, from however many loggers', () => {
  const { messages } = run(`
    const other = createLogger({ level: 'info' })
    log.info('one'); other.info('two')
    setImmediate(() => { log.info('three'); setTimeout(() => other.child({}).info('four'), 5) })`)
  assert.deepEqual(messages, ['one', 'two', 'three', 'four'])
})

test('gathered lines go out when the process is ended, and when an error ends it', () => {
  assert.deepEqual(run(`log.info('last'); process.exit(3)`), { messages: ['last'], status: 3 })
  const { messages, status } = run(`log.info('last'); throw new Error('fault')`)
  assert.deepEqual({ messages, status }, { messages: ['last'], status: 1 })
})

test('a line leaves by itself, while the process goes on', async () => {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', `${logger} log.info('begun'); setInterval(() => {}, 60_000)`],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
  assert.match(chunk.toString(), /"begun"/)
  child.kill('SIGKILL')
  await once(child, 'exit')
})

test('more than is gathered at once is whole', () => {
  const { messages } = run(`for (let at = 0; at < 5_000; at += 1) log.info('line ' + at)`)
  assert.equal(messages.length, 5_000)
  assert.equal(messages.at(-1), 'line 4999')
})
