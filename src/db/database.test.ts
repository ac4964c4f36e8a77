import assert from 'node:assert/strict'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'

import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { Secret } from '../primitives/secret.ts'
import {
  adHocSql,
  instant,
  instantOrNull,
  json,
  openDatabase,
  sql,
  type Database,
  type DatabaseOptions,
  type Transaction,
} from './database.ts'
import {
  CommitUnknown,
  isCheckViolation,
  isForeignKeyViolation,
  isLockTimeout,
  isRetryableConnectionError,
  isSerializationFailure,
  isStatementTimeout,
  isUniqueViolation,
  TransactionRolledBack,
  violatedConstraint,
} from './pg-errors.ts'
import { silentLog } from './storage-log.ts'

let testDatabase: TestDatabase
let database: Database

before(async () => {
  testDatabase = await createTestDatabase({ schema: 'empty' })
  database = testDatabase.database
  await database.query(
    adHocSql(`
      create table coins (
        coin_id bigint constraint coins_pkey primary key,
        amount bigint not null constraint coins_amount_not_negative check (amount >= 0),
        parent_id bigint constraint coins_parent_fkey references coins,
        seen_at timestamptz(3),
        facts jsonb,
        seal bytea
      )`),
  )
})

beforeEach(async () => {
  await database.query(adHocSql('delete from coins'))
})

after(() => testDatabase.drop())

const insertCoin = sql('test_insert_coin', 'insert into coins (coin_id, amount) values ($1, $2)')
const countCoins = sql('test_count_coins', 'select count(*) as count from coins')
const backendPid = sql('test_backend_pid', 'select pg_backend_pid() as pid')

async function count(): Promise<number | undefined> {
  const { rows } = await database.query<{ count: number }>(countCoins)
  return rows[0]?.count
}

/** A second pool on the same database, closed when the test ends. */
async function withPool(
  options: Partial<DatabaseOptions>,
  work: (pool: Database) => Promise<void>,
): Promise<void> {
  const pool = openDatabase({
    connectionString: new Secret(testDatabase.connectionString),
    poolSize: 2,
    applicationName: 'second-pool',
    log: silentLog,
    ...options,
  })
  try {
    await work(pool)
  } finally {
    await pool.close()
  }
}

test('every column type comes back as the value that was bound', async () => {
  const seenAtMs = Date.UTC(2026, 10, 22, 3, 4, 5, 678)
  const facts = { issuer: '국민카드', list: [1, 'two', null] }
  const seal = Buffer.from([0, 1, 0x5c, 0xff])
  const { rowCount } = await database.query(
    sql(
      'test_insert_full_coin',
      `insert into coins (coin_id, amount, seen_at, facts, seal) values ($1, $2, $3, $4, $5)`,
    ),
    [Number.MAX_SAFE_INTEGER, 0, instant(seenAtMs), json(facts), seal],
  )
  assert.equal(rowCount, 1)
  const { rows } = await database.query(
    sql('test_find_coins', 'select coin_id, amount, parent_id, seen_at, facts, seal from coins'),
  )
  assert.deepEqual(rows, [
    {
      coin_id: Number.MAX_SAFE_INTEGER,
      amount: 0,
      parent_id: null,
      seen_at: seenAtMs,
      facts,
      seal,
    },
  ])
})

test('a jsonb array and a null instant can be bound', async () => {
  const { rows } = await database.query(
    sql(
      'test_bind_json',
      'select $1::jsonb as list, $2::timestamptz as instant, $3::bigint[] as ids',
    ),
    [json([1, { two: 2 }]), instantOrNull(null), [1, 2]],
  )
  assert.deepEqual(rows, [{ list: [1, { two: 2 }], instant: null, ids: [1, 2] }])
})

test('an int8 that would lose precision fails the statement, and later ones work', async () => {
  await database.query(insertCoin, ['9007199254740993', 1])
  const list = sql('test_list_coin_ids', 'select coin_id from coins')
  await assert.rejects(database.query(list), /beyond the integers JavaScript keeps exact/)
  await database.query(adHocSql('delete from coins'))
  assert.deepEqual((await database.query(list)).rows, [])
})

test('a numeric column is refused with the cast that is missing', async () => {
  const total = adHocSql('select sum(amount) as total from coins having count(*) = 0')
  await assert.doesNotReject(database.query(total))
  await assert.rejects(database.query(adHocSql('select 1.5::numeric as n')), /cast it to bigint/)
})

test('a statement name means one text in the whole program', () => {
  const first = sql('test_named_once', 'select 1')
  assert.deepEqual(sql('test_named_once', 'select 1'), first)
  assert.throws(() => sql('test_named_once', 'select 2'), /declared with two texts/)
  for (const name of ['', 'Upper', '9digit', 'with-dash', 'x'.repeat(64)]) {
    assert.throws(() => sql(name, 'select 1'), /must be snake_case/, name)
  }
})

test('a named statement is prepared once per connection and planned without its parameters', async () => {
  const double = sql('test_double', 'select 2 * $1::bigint as doubled')
  await withPool({ poolSize: 1 }, async (pool) => {
    for (let run = 0; run < 3; run += 1) await pool.query(double, [run])
    const { rows } = await pool.query(
      adHocSql(
        `select generic_plans as "once", custom_plans as "eachTime" from pg_prepared_statements where name = 'test_double'`,
      ),
    )
    assert.deepEqual(rows, [{ once: 3, eachTime: 0 }])
  })
})

test('under Citus, which has no plan without the merchant, the server chooses', async () => {
  const become = (text: string) => database.query(adHocSql(text))
  await become(`insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    select 99999, 'citus', 10, oid, false, '13.0' from pg_namespace where nspname = 'public'`)
  try {
    await withPool({ poolSize: 1 }, async (pool) => {
      const { rows } = await pool.query(
        adHocSql(`select current_setting('plan_cache_mode') as mode`),
      )
      assert.deepEqual(rows, [{ mode: 'auto' }])
    })
  } finally {
    await become('delete from pg_extension where oid = 99999')
  }
})

test('a unique violation names its constraint and keeps the connection', async () => {
  await withPool({ poolSize: 1 }, async (pool) => {
    const before = await pool.query(backendPid)
    await pool.query(insertCoin, [1, 10])
    await assert.rejects(pool.query(insertCoin, [1, 10]), (error) => {
      assert.ok(isUniqueViolation(error))
      assert.ok(isUniqueViolation(error, 'coins_pkey'))
      assert.ok(!isUniqueViolation(error, 'other_key'))
      assert.ok(!isCheckViolation(error) && !isRetryableConnectionError(error))
      return true
    })
    assert.deepEqual((await pool.query(backendPid)).rows, before.rows)
  })
})

test('check and foreign key violations are told apart', async () => {
  await assert.rejects(database.query(insertCoin, [1, -1]), (error) => {
    assert.equal(violatedConstraint(error), 'coins_amount_not_negative')
    return isCheckViolation(error, 'coins_amount_not_negative') && !isUniqueViolation(error)
  })
  const orphan = adHocSql('insert into coins (coin_id, amount, parent_id) values (1, 1, 99)')
  await assert.rejects(database.query(orphan), (error) =>
    isForeignKeyViolation(error, 'coins_parent_fkey'),
  )
})

test('a transaction keeps all of its writes or none', async () => {
  await database.transaction(async (transaction) => {
    await transaction.query(insertCoin, [1, 1])
    await transaction.query(insertCoin, [2, 2])
    assert.equal(await count(), 0, 'nobody else sees them yet')
  })
  assert.equal(await count(), 2)
  const refusal = new Error('changed my mind')
  await assert.rejects(
    database.transaction(async (transaction) => {
      await transaction.query(insertCoin, [3, 3])
      throw refusal
    }),
    refusal,
  )
  assert.equal(await count(), 2)
})

test('statements of a transaction that do not wait for each other run in the order issued', async () => {
  const results = await database.transaction((transaction) =>
    Promise.all([
      transaction.query(insertCoin, [1, 1]),
      transaction.query<{ count: number }>(countCoins),
      transaction.query(insertCoin, [2, 2]),
      transaction.query<{ count: number }>(countCoins),
    ]),
  )
  assert.deepEqual([results[1].rows, results[3].rows], [[{ count: 1 }], [{ count: 2 }]])
})

test('one failure among statements sent together rolls all of them back', async () => {
  await withPool({ poolSize: 1 }, async (pool) => {
    const sent = pool.transaction((transaction) =>
      Promise.all([
        transaction.query(insertCoin, [1, 1]),
        transaction.query(insertCoin, [1, 1]),
        transaction.query(insertCoin, [2, 2]),
      ]),
    )
    await assert.rejects(sent, (error) => isUniqueViolation(error, 'coins_pkey'))
    assert.deepEqual((await pool.query(countCoins)).rows, [{ count: 0 }])
  })
})

test('a swallowed error cannot pass for a commit', async () => {
  const swallowing = database.transaction(async (transaction) => {
    await transaction.query(insertCoin, [1, 1])
    await transaction.query(insertCoin, [1, 1]).catch(() => undefined)
  })
  await assert.rejects(swallowing, TransactionRolledBack)
  assert.equal(await count(), 0)
})

test('a transaction cannot be used after its end', async () => {
  let leaked: Transaction | undefined
  await database.transaction((transaction) => {
    leaked = transaction
    return Promise.resolve()
  })
  await assert.rejects(async () => leaked?.query(countCoins), /used after its end/)
})

test('a connection that dies during COMMIT leaves the outcome unknown', async () => {
  await database.query(
    adHocSql(`
      create function end_own_session() returns trigger language plpgsql as $$
        begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
      create constraint trigger end_session_at_commit after insert on coins
        deferrable initially deferred for each row execute function end_own_session()`),
  )
  try {
    const dying = database.transaction((transaction) => transaction.query(insertCoin, [1, 1]))
    await assert.rejects(dying, CommitUnknown)
  } finally {
    await database.query(adHocSql('drop function end_own_session cascade'))
  }
  assert.equal(await count(), 0, 'the pool has replaced the connection')
})

test('a deferred constraint that fails at COMMIT is a plain violation', async () => {
  await database.query(
    adHocSql(
      'alter table coins add constraint coins_amount_key unique (amount) deferrable initially deferred',
    ),
  )
  try {
    const clash = database.transaction(async (transaction) => {
      await transaction.query(insertCoin, [1, 7])
      await transaction.query(insertCoin, [2, 7])
    })
    await assert.rejects(clash, (error) => isUniqueViolation(error, 'coins_amount_key'))
  } finally {
    await database.query(adHocSql('alter table coins drop constraint coins_amount_key'))
  }
})

const terminate = sql('test_terminate', 'select pg_terminate_backend($1, 5000)')

test('a connection killed under a statement is a retryable error, and is replaced', async () => {
  await withPool({ poolSize: 1 }, async (pool) => {
    const { rows } = await pool.query<{ pid: number }>(backendPid)
    const sleeping = pool.query(adHocSql('select pg_sleep(30)'))
    const killing = database.query(terminate, [rows[0]?.pid ?? 0])
    await assert.rejects(sleeping, isRetryableConnectionError)
    await killing
    const replaced = await pool.query<{ pid: number }>(backendPid)
    assert.notEqual(replaced.rows[0]?.pid, rows[0]?.pid)
  })
})

test('a connection killed while idle is logged without its secrets, and is replaced', async () => {
  const { promise: warned, resolve: warn } = Promise.withResolvers<string>()
  const log = { ...silentLog, warn: (...line: unknown[]) => warn(JSON.stringify(line)) }
  await withPool({ poolSize: 1, log }, async (pool) => {
    const { rows } = await pool.query<{ pid: number }>(backendPid)
    await database.query(terminate, [rows[0]?.pid ?? 0])
    const line = await warned
    assert.match(line, /database connection lost/)
    assert.ok(!line.includes(new URL(testDatabase.connectionString).password))
    assert.equal((await pool.query(backendPid)).rowCount, 1)
  })
})

test('a server that is not there is a retryable error', async () => {
  const nowhere = new Secret(
    'postgresql://billkey:x@localhost/postgres?host=/nonexistent&port=5432',
  )
  await withPool({ connectionString: nowhere }, async (pool) => {
    await assert.rejects(pool.query(countCoins), isRetryableConnectionError)
  })
})

test('a server that accepts and stays silent is given up', async () => {
  const sockets = new Set<Socket>()
  const silent = createServer((socket) => sockets.add(socket))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as AddressInfo
  const connectionString = new Secret(`postgresql://x:x@127.0.0.1:${port}/x`)
  await withPool({ connectionString, connectTimeoutMs: 50 }, async (pool) => {
    await assert.rejects(pool.query(countCoins), isRetryableConnectionError)
  })
  for (const socket of sockets) socket.destroy()
  silent.close()
})

test('statements, locks and idle transactions are bounded', async () => {
  const limits = { statementTimeoutMs: 100, lockTimeoutMs: 20, idleInTransactionTimeoutMs: 30 }
  await withPool(limits, async (pool) => {
    await assert.rejects(pool.query(adHocSql('select pg_sleep(30)')), isStatementTimeout)
    await database.transaction(async (transaction) => {
      await transaction.query(adHocSql('lock table coins in exclusive mode'))
      await assert.rejects(pool.query(insertCoin, [1, 1]), isLockTimeout)
    })
    const idle = pool.transaction(async (transaction) => {
      await transaction.query(insertCoin, [1, 1])
      await database.query(adHocSql('select pg_sleep(0.2)'))
      await transaction.query(insertCoin, [2, 1])
    })
    await assert.rejects(idle, isRetryableConnectionError)
    const patient = await pool.transaction(
      (transaction) => transaction.query(adHocSql('select pg_sleep(0.15) is not null as done')),
      { statementTimeoutMs: 0 },
    )
    assert.equal(patient.rowCount, 1)
    assert.equal(await count(), 0)
  })
})

test('of two serializable transactions that clash, one fails as a serialization failure', async () => {
  await database.query(insertCoin, [1, 1])
  const bump = adHocSql('update coins set amount = amount + 1')
  const clash = database.transaction(
    async (transaction) => {
      await transaction.query(countCoins)
      await database.query(bump)
      await transaction.query(bump)
    },
    { isolation: 'serializable' },
  )
  await assert.rejects(clash, isSerializationFailure)
})

test('a commit is durable even where the server defaults to asynchronous commit', async () => {
  const name = new URL(testDatabase.connectionString).pathname.slice(1)
  await database.query(adHocSql(`alter database ${name} set synchronous_commit = off`))
  await withPool({}, async (pool) => {
    const { rows } = await pool.query(adHocSql('show synchronous_commit'))
    assert.deepEqual(rows, [{ synchronous_commit: 'on' }])
  })
})

test('closing waits for what is under way and refuses what comes later', async () => {
  await withPool({}, async (pool) => {
    const under = pool.query(adHocSql('select pg_sleep(0.05) is not null as done'))
    await pool.query(countCoins)
    await pool.close()
    assert.deepEqual((await under).rows, [{ done: true }])
    await assert.rejects(pool.query(countCoins), /after calling end/)
  })
})
