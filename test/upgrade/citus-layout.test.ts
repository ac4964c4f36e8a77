// docs/operate/citus.sql and the tables agree: each has its place, and none has what could not be spread over nodes.
// No Citus runs here; this holds what its manual asks of a schema that is distributed by one column.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { adHocSql } from '../../src/db/database.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const layoutFile = fileURLToPath(new URL('../../docs/operate/citus.sql', import.meta.url))

suite('the layout for Citus', () => {
  let layout: string
  let database: TestDatabase
  before(async () => {
    layout = await readFile(layoutFile, 'utf8')
    database = await createTestDatabase()
  })
  after(() => database.drop())

  const distributed = () =>
    [...layout.matchAll(/create_distributed_table\('(\w+)', 'merchant_id'/g)].map(
      ([, name]) => name as string,
    )
  const everywhere = () =>
    [...layout.matchAll(/create_reference_table\('(\w+)'\)/g)].map(([, name]) => name as string)

  async function names(text: string): Promise<string[]> {
    const { rows } = await database.database.query<{ name: string }>(adHocSql(text))
    return rows.map(({ name }) => name)
  }

  test('gives every table one place, and the first one is what the others lie beside', async () => {
    const placed = [...distributed(), ...everywhere()]
    const tables = await names(
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')`,
    )
    assert.deepEqual(placed.toSorted(), tables.toSorted())
    const [first, ...others] = layout.match(/create_distributed_table\(.*\)/g) ?? []
    assert.match(first ?? '', /\('payments',.*shard_count/)
    for (const line of others) assert.match(line, /colocate_with => 'payments'\)/)
  })

  test('finds merchant_id first in every unique index of what is spread', async () => {
    const faults = await names(
      `select c.relname || ': ' || i.indexrelid::regclass::text as name
       from pg_index i join pg_class c on c.oid = i.indrelid
       where c.relnamespace = 'public'::regnamespace and i.indisunique
         and (select attname from pg_attribute a where a.attrelid = c.oid and a.attnum = i.indkey[0]) <> 'merchant_id'`,
    )
    const known = everywhere()
    assert.deepEqual(
      faults.filter((fault) => !known.includes(fault.split(':')[0] as string)),
      [],
    )
  })

  test('finds no foreign key, trigger, exclusion or counter in what is spread', async () => {
    const faults = await names(
      `select conrelid::regclass::text || ': ' || conname as name from pg_constraint
         where connamespace = 'public'::regnamespace and contype in ('f', 't', 'x')
       union all
       select tgrelid::regclass::text || ': ' || tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid
         where c.relnamespace = 'public'::regnamespace and not tgisinternal
       union all
       select attrelid::regclass::text || ': ' || attname from pg_attribute a join pg_class c on c.oid = a.attrelid
         where c.relnamespace = 'public'::regnamespace and (attidentity <> '' or (atthasdef and exists (
           select from pg_attrdef d where d.adrelid = c.oid and d.adnum = a.attnum
             and pg_get_expr(d.adbin, d.adrelid) like '%nextval%')))`,
    )
    // On every node alike, so that the coordinator counts.
    assert.deepEqual(faults, ['merchants: merchant_id'])
  })
})
