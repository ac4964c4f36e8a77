// npm run fuzz: 50,000 malformed requests against a server of its own. A seed repeats a run's requests.

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'

import { assertUnharmed } from './assert-unharmed.ts'
import { fuzzServer } from './fuzz-server.ts'

const usage = `npm run fuzz -- [--seed <n>] [--requests <n>] [--minutes <n>]

Throws malformed requests at a server of its own: its own database, gateway simulator and process.
Fails on a 5xx, on an answer that is no envelope, on a request carried out, and on memory that grows.

  --seed <n>      which requests; default: a new one, which is printed
  --requests <n>  default 50000
  --minutes <n>   fails when it takes longer; default 10
`

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    requests: { type: 'string', default: '50000' },
    minutes: { type: 'string', default: '10' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  process.stdout.write(usage)
} else {
  const seed = Number(values.seed ?? randomInt(2 ** 31))
  const say = (text: string) => void process.stdout.write(`${text}\n`)
  say(`seed ${seed}`)
  const report = await fuzzServer({
    seed,
    requests: Number(values.requests),
    limitMs: Number(values.minutes) * 60_000,
    onProgress: (sent) => say(`${sent} requests`),
  })
  say(JSON.stringify(report, null, 2))
  assertUnharmed(report)
  say('unharmed: no 5xx, every answer an envelope, nothing charged, nothing stored')
}
