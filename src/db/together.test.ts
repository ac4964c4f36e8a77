import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { merchantId } from '../primitives/ids.ts'
import { Secret } from '../primitives/secret.ts'
import { adHocSql, type Database, json, openDatabase, type Queryable, sql } from './database.ts'
import { isUniqueViolation } from './pg-errors.ts'
import { silentLog } from './storage-log.ts'
import { lookUpTogether, together } from './together.ts'

let testDatabase: TestDatabase
let database: Database

before(async () => {
  testDatabase = await createTestDatabase({ schema: 'empty' })
  database = testDatabase.database
  await database.query(
    adHocSql('create table notes (merchant_id bigint, note text, primary key (merchant_id, note))'),
  )
})

beforeEach(() => database.query(adHocSql('delete from notes')))

after(() => testDatabase.drop())

const first = merchantId(1)
const second = merchantId(2)

const insertNotes = sql(
  'test_insert_notes',
  `insert into notes
   select merchant_id, note from json_to_recordset($2::json) as n (merchant_id bigint, note text)
   where merchant_id = $1 and note <> 'left alone' returning note`,
)

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Writes notes; says how each statement was made up. */
function createWriter() {
  const statements: string[] = []
  const insert = async (db: Queryable, owner: number, notes: readonly string[]) => {
    const rows = notes.map((note) => ({ merchant_id: owner, note }))
    return (await db.query<{ note: string }>(insertNotes, [owner, json(rows)])).rows
  }
  const write = together<string, string>({
    async together(db, owner, notes) {
      statements.push(`${owner}: ${notes.join(' ')}`)
      const written = new Set((await insert(db, owner, notes)).map(({ note }) => note))
      return notes.map((note) => (written.has(note) ? `${note} together` : undefined))
    },
    async alone(db, owner, note) {
      statements.push(`${owner} alone: ${note}`)
      await insert(db, owner, [note])
      return `${note} alone`
    },
  })
  return { write, statements }
}

async function notes(): Promise<string[]> {
  const { rows } = await database.query<{ note: string }>(
    adHocSql(`select merchant_id || ' ' || note as note from notes order by note`),
  )
  return rows.map(({ note }) => note)
}

test('calls of one turn are one statement, and each has its own answer', async () => {
  const { write, statements } = createWriter()
  const answers = await Promise.all(['a', 'b', 'c'].map((note) => write(database, first, note)))
  assert.deepEqual(answers, ['a together', 'b together', 'c together'])
  assert.deepEqual(statements, ['1: a b c'])
})

test('merchants are never in one statement', async () => {
  const { write, statements } = createWriter()
  await Promise.all([
    write(database, first, 'a'),
    write(database, second, 'b'),
    write(database, first, 'c'),
  ])
  assert.deepEqual(statements.sort(), ['1: a c', '2: b'])
  assert.deepEqual(await notes(), ['1 a', '1 c', '2 b'])
})

test('while a statement is under way the next one gathers, which waits for one that is held up no longer', async () => {
  const { write, statements } = createWriter()
  const writing: Promise<string>[] = []
  await database.transaction(async (tx) => {
    await tx.query(adHocSql('lock table notes in exclusive mode'))
    for (const note of ['a', 'b', 'c', 'd', 'e']) {
      writing.push(write(database, first, note))
      await turn()
      if (note >= 'c') await delay(100)
    }
    assert.deepEqual(statements, ['1: a', '1: b c'])
  })
  await Promise.all(writing)
  assert.deepEqual(statements, ['1: a', '1: b c', '1: d e'])
})

test('a fault that undid them all is its own call’s alone', async () => {
  const { write, statements } = createWriter()
  await write(database, first, 'b')
  const ends = await Promise.allSettled(['a', 'b', 'c'].map((note) => write(database, first, note)))
  assert.deepEqual(
    ends.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  const [, faulty] = ends
  assert.ok(faulty?.status === 'rejected' && isUniqueViolation(faulty.reason, 'notes_pkey'))
  assert.deepEqual(await notes(), ['1 a', '1 b', '1 c'])
  assert.deepEqual(statements.slice(1, 2), ['1: a b c'])
})

test('a call that waits for a lock in vain fails alone', async () => {
  const { write } = createWriter()
  const hasty = openDatabase({
    connectionString: new Secret(testDatabase.connectionString),
    poolSize: 4,
    applicationName: 'together-test',
    log: silentLog,
    lockTimeoutMs: 100,
  })
  try {
    const ends = await database.transaction(async (tx) => {
      await tx.query(adHocSql(`insert into notes values (1, 'b')`))
      return Promise.allSettled(['a', 'b', 'c'].map((note) => write(hasty, first, note)))
    })
    assert.deepEqual(
      ends.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    assert.deepEqual(await notes(), ['1 a', '1 b', '1 c'])
  } finally {
    await hasty.close()
  }
})

test('what the statement left alone is carried out by itself', async () => {
  const { write } = createWriter()
  const answers = await Promise.all(['a', 'left alone'].map((note) => write(database, first, note)))
  assert.deepEqual(answers, ['a together', 'left alone alone'])
})

test('a lost connection fails all of them: nobody knows whether they were written', async () => {
  const { write, statements } = createWriter()
  const ends = await database.transaction(async (tx) => {
    await tx.query(adHocSql('lock table notes in exclusive mode'))
    const writing = Promise.allSettled(['a', 'b'].map((note) => write(database, first, note)))
    for (let ended = 0; ended === 0;) {
      const { rows } = await tx.query(
        adHocSql(`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`),
      )
      ended = rows.length
    }
    return writing
  })
  assert.deepEqual(
    ends.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  assert.deepEqual(statements, ['1: a b'])
  assert.deepEqual(await notes(), [])
})

test('in an open transaction each call is by itself, and goes with it', async () => {
  const { write, statements } = createWriter()
  await database
    .transaction(async (tx) => {
      await Promise.all([write(tx, first, 'a'), write(tx, first, 'b')])
      throw new Error('rolled back')
    })
    .catch(() => undefined)
  assert.deepEqual(statements, ['1 alone: a', '1 alone: b'])
  assert.deepEqual(await notes(), [])
})

test('a statement belongs to whoever’s call is its first', async () => {
  const callers = new AsyncLocalStorage<string>()
  const seen: string[] = []
  const look = together<string, string>({
    async together(db, _owner, calls) {
      seen.push(`${callers.getStore()}: ${calls.join(' ')}`)
      await db.query(adHocSql('select pg_sleep(0.02)'))
      return calls.map((call) => (call === 'c2' ? undefined : call))
    },
    async alone(_db, _owner, call) {
      seen.push(`${callers.getStore()} alone: ${call}`)
      return call
    },
  })
  const looking: Promise<string>[] = []
  for (const name of ['a', 'b', 'c']) {
    for (const call of [`${name}1`, `${name}2`])
      looking.push(callers.run(name, () => look(database, first, call)))
    if (name !== 'c') await turn()
  }
  await Promise.all(looking)
  assert.deepEqual(seen, ['a: a1 a2', 'b: b1 b2 c1 c2', 'c alone: c2'])
})

test('a look-up finds each by its name', async () => {
  const { write } = createWriter()
  await Promise.all([write(database, first, 'a'), write(database, first, 'c')])
  const statements: string[] = []
  const lookUp = lookUpTogether<string, { note: string }>(
    async (db, owner, names) => {
      statements.push(names.join(' '))
      await db.query(adHocSql('select pg_sleep(0.02)'))
      const text = sql(
        'test_look_up_notes',
        'select note from notes where merchant_id = $1 and note = any($2)',
      )
      return (await db.query<{ note: string }>(text, [owner, names])).rows
    },
    ({ note }) => note,
  )
  const looking: Promise<{ note: string } | undefined>[] = []
  for (const name of ['a', 'b', 'c', 'a']) {
    looking.push(lookUp(database, first, name))
    await turn()
  }
  assert.deepEqual(await Promise.all(looking), [
    { note: 'a' },
    undefined,
    { note: 'c' },
    { note: 'a' },
  ])
  assert.deepEqual(statements, ['a', 'b c a'])
  await database.transaction(async (tx) => {
    assert.equal(await lookUp(tx, first, 'b'), undefined)
  })
})
