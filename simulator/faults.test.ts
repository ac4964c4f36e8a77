import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import {
  cancelOf,
  control,
  exchange,
  keyCharge,
  keyIn,
  keyIssue,
  pay,
  postFields,
  readAnswer,
  ready,
  sandbox,
  type RawOutcome,
  type Values,
} from './raw-terminal.ts'
import { startSimulator, type Simulator } from './simulator.ts'
import { testCards, type CardFaultName } from './test-cards.ts'

let simulator: Simulator
let delaysMs: number[] = []
let order = 0
/** Runs in the middle of every delay. */
let meanwhile: () => Promise<void> = () => Promise.resolve()

before(async () => {
  simulator = await startSimulator({
    seed: 5,
    now: () => Date.UTC(2026, 0, 1),
    delay: async (ms) => {
      delaysMs.push(ms)
      await meanwhile()
    },
  })
})
beforeEach(async () => {
  delaysMs = []
  meanwhile = () => Promise.resolve()
  await control(simulator.url, 'DELETE /_faults')
  await control(simulator.url, 'DELETE /_settings')
})
after(() => simulator.close())

const nextOrder = (): string => {
  order += 1
  return `fault-${order}`
}

const entriesOf = (orderno: string) =>
  simulator.ledger().entries.filter((entry) => entry.orderno === orderno)

const script = (fault: string, extra: Values = {}, match: Values = {}) =>
  control(simulator.url, 'POST /_faults', { fault, match, ...extra })

/** What a client sees of a fault, and what the ledger says of it. */
interface Expected {
  readonly seen: (outcome: RawOutcome, orderno: string) => void
  readonly kinds: readonly string[]
  readonly fate: string | null
}

const page = (status: number) => (outcome: RawOutcome) => {
  assert.ok(outcome.kind === 'answer')
  assert.equal(outcome.status, status)
  assert.throws(() => readAnswer(outcome))
}

const broken = (outcome: RawOutcome): void => {
  assert.deepEqual(outcome, { kind: 'broken', code: 'ECONNRESET' })
}

const approved = (outcome: RawOutcome): void => {
  assert.equal(readAnswer(outcome)['RESULTCODE'], '0000')
}

const uncertain = (outcome: RawOutcome): void => {
  const answer = readAnswer(outcome)
  assert.equal(answer['RESULTCODE'], '9000')
  assert.equal(answer['DAOUTRX'], undefined)
}

const lone = ['approval'] as const

const expected: Record<CardFaultName | 'http_500_before_commit', Expected> = {
  slow: { seen: approved, kinds: lone, fate: 'delivered' },
  very_slow: { seen: approved, kinds: lone, fate: 'delivered' },
  late_commit: { seen: approved, kinds: lone, fate: 'delivered' },
  reset_before_commit: { seen: broken, kinds: [], fate: null },
  http_500_before_commit: { seen: page(500), kinds: [], fate: null },
  answer_lost: { seen: broken, kinds: lone, fate: 'lost' },
  http_502: { seen: page(502), kinds: lone, fate: 'error_status' },
  truncated: {
    seen: (outcome) => {
      assert.ok(outcome.kind === 'answer' && outcome.status === 200)
      assert.equal(outcome.bytes.toString('latin1', 0, 14), '{"RESULTCODE":')
      assert.throws(() => readAnswer(outcome), SyntaxError)
    },
    kinds: lone,
    fate: 'truncated',
  },
  wrong_token: {
    seen: (outcome) => {
      assert.equal(readAnswer(outcome)['RESULTCODE'], '0000')
      assert.equal(readAnswer(outcome)['TOKEN'], 'f'.repeat(34))
    },
    kinds: lone,
    fate: 'altered',
  },
  wrong_amount: {
    seen: (outcome) => {
      assert.equal(readAnswer(outcome)['RESULTCODE'], '0000')
      assert.equal(readAnswer(outcome)['AMOUNT'], '3001')
    },
    kinds: lone,
    fate: 'altered',
  },
  uncertain_after_commit: { seen: uncertain, kinds: lone, fate: 'replaced' },
  uncertain_before_commit: {
    seen: (outcome) => assert.equal(readAnswer(outcome)['RESULTCODE'], '9000'),
    kinds: ['decline'],
    fate: 'delivered',
  },
}

function assertLedger(orderno: string, { kinds, fate }: Expected): void {
  const entries = entriesOf(orderno)
  assert.deepEqual(
    entries.map((entry) => entry.kind),
    kinds,
  )
  for (const entry of entries) assert.equal(entry.answer, fate)
}

describe('a fault card', () => {
  for (const card of testCards.filter((card) => card.atCharge in expected)) {
    const fault = card.atCharge as keyof typeof expected
    const ending = card.number.slice(-4)

    it(`…${ending} charged by key-in: ${fault}, and the ledger knows better`, async () => {
      const ORDERNO = nextOrder()
      const outcome = await exchange(simulator.url, { ...keyIn, ORDERNO, CARDNO: card.number })
      expected[fault].seen(outcome, ORDERNO)
      assertLedger(ORDERNO, expected[fault])
    })

    it(`…${ending} charged by its key: ${fault} again`, async () => {
      const ORDERNO = nextOrder()
      const issued = await pay(simulator.url, { ...keyIssue, CARDNO: card.number })
      const AUTOKEY = issued['AUTOKEY'] ?? ''
      expected[fault].seen(
        await exchange(simulator.url, { ...keyCharge, ORDERNO, AUTOKEY }),
        ORDERNO,
      )
      assertLedger(ORDERNO, expected[fault])
    })

    it(`…${ending} charged with the issue of its key: ${fault} likewise`, async () => {
      const ORDERNO = nextOrder()
      const direct = { DIRECT_YN: 'Y', AMOUNT: '3000', QUOTA: '00', CARDNO: card.number }
      expected[fault].seen(
        await exchange(simulator.url, { ...keyIssue, ...direct, ORDERNO }),
        ORDERNO,
      )
      const both = expected[fault].kinds.flatMap((kind) =>
        kind === 'approval' ? ['key_issue', kind] : [kind],
      )
      assertLedger(ORDERNO, { ...expected[fault], kinds: both })
    })
  }

  it('waits as long as the settings say', async () => {
    const cards = {
      slow: '9366000000103001',
      very_slow: '9366000000503002',
      late_commit: '9366000000003011',
    }
    for (const CARDNO of Object.values(cards)) await exchange(simulator.url, { ...keyIn, CARDNO })
    assert.deepEqual(delaysMs, [28_000, 90_000, 90_000])
    await control(simulator.url, 'POST /_settings', { slowMs: 7, verySlowMs: 8 })
    for (const CARDNO of Object.values(cards)) await exchange(simulator.url, { ...keyIn, CARDNO })
    assert.deepEqual(delaysMs.slice(3), [7, 8, 8])
  })
})

describe('an answer held back', () => {
  const slowly = async (CARDNO: string, ORDERNO: string): Promise<void> => {
    await exchange(simulator.url, { ...keyIn, CARDNO, ORDERNO })
  }

  it('is pending in the ledger while the money is already taken', async () => {
    const ORDERNO = nextOrder()
    let during: unknown
    meanwhile = async () => {
      during = entriesOf(ORDERNO).map((entry) => [entry.kind, entry.answer])
    }
    await slowly('9366000000103001', ORDERNO)
    assert.deepEqual(during, [['approval', 'pending']])
  })

  it('comes after the wait when the commit is late', async () => {
    const ORDERNO = nextOrder()
    let during: unknown
    meanwhile = async () => {
      during = entriesOf(ORDERNO)
    }
    await slowly('9366000000003011', ORDERNO)
    assert.deepEqual(during, [])
    assert.equal(entriesOf(ORDERNO)[0]?.kind, 'approval')
  })

  it('is lost when the client has gone, though the money is taken', async () => {
    for (const CARDNO of ['9366000000103001', '9366000000003011']) {
      const ORDERNO = nextOrder()
      const client = new AbortController()
      const gone = new Promise<void>((resolve) => {
        meanwhile = async () => {
          client.abort()
          // The server's side of the connection closes some turns of the event loop later.
          await simulatorSeesNoConnection()
          resolve()
        }
      })
      const outcome = await exchange(
        simulator.url,
        { ...keyIn, CARDNO, ORDERNO },
        { signal: client.signal },
      )
      assert.equal(outcome.kind, 'broken')
      await gone
      meanwhile = () => Promise.resolve()
      await settled(() => entriesOf(ORDERNO)[0]?.answer === 'lost')
    }
  })
})

// A few exchanges of our own take longer than the notice of a closed loopback connection.
async function simulatorSeesNoConnection(): Promise<void> {
  for (let at = 0; at < 5; at += 1) await control(simulator.url, 'GET /_faults')
}

async function settled(holds: () => boolean): Promise<void> {
  for (let at = 0; at < 200 && !holds(); at += 1) await control(simulator.url, 'GET /_faults')
  assert.ok(holds())
}

describe('a scripted fault', () => {
  for (const [fault, wanted] of Object.entries(expected)) {
    it(`${fault} does what the card of that name does`, async () => {
      const ORDERNO = nextOrder()
      await script(fault, {}, { orderno: ORDERNO })
      wanted.seen(await exchange(simulator.url, { ...keyIn, ORDERNO }), ORDERNO)
      assertLedger(ORDERNO, wanted)
    })
  }

  it('may answer garbage, another order, or no transaction, all after the commit', async () => {
    const seen: Record<string, Expected['seen']> = {
      garbage: page(200),
      wrong_order: (outcome, orderno) =>
        assert.equal(readAnswer(outcome)['ORDERNO'], `${orderno}X`),
      missing_transaction: (outcome) => {
        assert.equal(readAnswer(outcome)['RESULTCODE'], '0000')
        assert.equal(readAnswer(outcome)['DAOUTRX'], undefined)
      },
    }
    for (const [fault, check] of Object.entries(seen)) {
      const ORDERNO = nextOrder()
      await script(fault)
      check(await exchange(simulator.url, { ...keyIn, ORDERNO }), ORDERNO)
      assert.equal(entriesOf(ORDERNO)[0]?.kind, 'approval')
    }
  })

  it('may be a decline of any card', async () => {
    const ORDERNO = nextOrder()
    await script('over_limit')
    assert.equal((await pay(simulator.url, { ...keyIn, ORDERNO }))['RESULTCODE'], 'S202')
    assert.equal(entriesOf(ORDERNO)[0]?.kind, 'decline')
  })

  it('may be any code and text, with or without the commit', async () => {
    for (const commit of [false, true]) {
      const ORDERNO = nextOrder()
      await script('result', { resultCode: '9005', errorMessage: '응답 시간 초과', commit })
      const answer = await pay(simulator.url, { ...keyIn, ORDERNO })
      assert.equal(answer['RESULTCODE'], '9005')
      assert.equal(answer['ERRORMESSAGE'], '응답 시간 초과')
      assert.equal(entriesOf(ORDERNO)[0]?.kind, commit ? 'approval' : 'decline')
    }
  })

  it('is spent after its times, oldest first, and only on what it matches', async () => {
    await script('declined', { times: 2 }, { paymethod: 'CARD-SUGI', cpid: sandbox.cpid })
    await script('over_limit')
    const codes: (string | undefined)[] = []
    for (const PAYMETHOD of ['CARDK-SUGI', 'CARD-SUGI', 'CARD-SUGI', 'CARD-SUGI']) {
      codes.push((await pay(simulator.url, { ...keyIn, PAYMETHOD }))['RESULTCODE'])
    }
    assert.deepEqual(codes, ['S202', 'S201', 'S201', '0000'])
    assert.deepEqual(await control(simulator.url, 'GET /_faults'), { pending: [] })
  })

  it('is not spent on a request the wire refuses', async () => {
    await script('declined')
    assert.equal((await pay(simulator.url, { ...keyIn, AMOUNT: '0' }))['RESULTCODE'], '9001')
    assert.equal((await pay(simulator.url, keyIn))['RESULTCODE'], 'S201')
  })

  it('takes its own delay', async () => {
    await script('slow', { delayMs: 11 })
    await script('answer_lost', { delayMs: 12 })
    await pay(simulator.url, keyIn)
    broken(await exchange(simulator.url, keyIn))
    assert.deepEqual(delaysMs, [11, 12])
  })

  it('strikes a cancel found by the ORDERNO of its approval, and the money is back', async () => {
    const ORDERNO = nextOrder()
    const daoutrx = (await pay(simulator.url, { ...keyIn, ORDERNO }))['DAOUTRX'] ?? ''
    await script('answer_lost', {}, { orderno: ORDERNO, cancel: true })
    broken(await exchange(simulator.url, cancelOf(daoutrx, { AMOUNT: '1000' })))
    await script('reset_before_commit', {}, { cancel: true })
    broken(await exchange(simulator.url, cancelOf(daoutrx, { AMOUNT: '1000' })))
    await script('wrong_amount', {}, { cancel: true })
    assert.equal((await pay(simulator.url, cancelOf(daoutrx, { AMOUNT: '500' })))['AMOUNT'], '501')
    await script('uncertain_before_commit', {}, { cancel: true })
    assert.equal((await pay(simulator.url, cancelOf(daoutrx)))['RESULTCODE'], '9000')
    const entries = entriesOf(ORDERNO)
    assert.deepEqual(
      entries.map(({ kind, amount, cancelledAmount }) => [kind, amount, cancelledAmount]),
      [
        ['approval', 3000, 1500],
        ['cancel', 1000, 1000],
        ['cancel', 500, 1500],
        ['decline', 3000, 1500],
      ],
    )
  })
})

describe('a fault of the ready step', () => {
  const step = { step: 'ready' }
  const ask = () =>
    postFields(`${simulator.url}/pay/ready`, { CPID: sandbox.cpid, PAYMETHOD: 'CARD-SUGI' }, {})

  it('may be a status, a page, a cut or a reset', async () => {
    for (const [fault, seen] of Object.entries({
      http_500: page(500),
      garbage: page(200),
      timeout: broken,
      reset: broken,
    })) {
      await script(fault, {}, step)
      seen(await ask())
    }
    assert.deepEqual(delaysMs, [90_000])
  })

  it('may be a refusal in either form', async () => {
    await script('fail_fail', {}, step)
    assert.deepEqual(readAnswer(await ask()), { RETURNURL: 'FAIL', TOKEN: 'FAIL' })
    await script('result', { resultCode: '9104', errorMessage: '중지' }, step)
    assert.deepEqual(readAnswer(await ask()), { RESULTCODE: '9104', ERRORMESSAGE: '중지' })
  })

  it('may send the client to a foreign host, or without a token', async () => {
    await script('foreign_return_url', {}, step)
    const foreign = await ready(simulator.url, { PAYMETHOD: 'CARD-SUGI' })
    assert.equal(new URL(foreign['RETURNURL'] ?? '').hostname, 'pg.invalid')
    await script('missing_token', {}, step)
    assert.deepEqual(Object.keys(await ready(simulator.url, { PAYMETHOD: 'CARD-SUGI' })), [
      'RETURNURL',
    ])
  })

  it('may only be slow', async () => {
    await script('slow', { delayMs: 3 }, step)
    assert.ok((await ready(simulator.url, { PAYMETHOD: 'CARD-SUGI' }))['TOKEN'])
    assert.deepEqual(delaysMs, [3])
  })
})
