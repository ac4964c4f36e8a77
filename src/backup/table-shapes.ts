// What the catalogue says of our tables: what a backup has to hold, and what a restore has to bring back.

import { adHocSql, type Queryable, sql } from '../db/database.ts'
import { assert } from '../primitives/assert.ts'

export interface TableShape {
  readonly table: string
  /** All that are not generated, in their order. */
  readonly columns: readonly string[]
  /** Those numbered by the database. */
  readonly identities: readonly string[]
}

// The ledger of migrations is no table of data: a restore writes it anew, migration by migration.
const listTablesStatement = sql(
  'list_tables_to_back_up',
  `select c.relname as "table",
     array_agg(a.attname::text order by a.attnum) filter (where a.attgenerated = '') as columns,
     coalesce(array_agg(a.attname::text) filter (where a.attidentity <> ''), '{}') as identities
   from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
   where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
     and c.relname <> 'schema_migrations'
   group by c.relname order by c.relname collate "C"`,
)

export async function listTables(db: Queryable): Promise<TableShape[]> {
  return (await db.query<TableShape>(listTablesStatement)).rows
}

const findAnythingStatement = sql(
  'find_any_relation',
  `select relname as name from pg_class where relnamespace = current_schema()::regnamespace limit 1`,
)

/** A table, view or sequence of this schema; undefined when it is empty. */
export async function findAnyRelation(db: Queryable): Promise<string | undefined> {
  return (await db.query<{ name: string }>(findAnythingStatement)).rows[0]?.name
}

/** Nobody changes these tables before the transaction ends; it takes no snapshot yet. Rows are written as ever. */
export async function lockAgainstMigrations(
  db: Queryable,
  tables: readonly TableShape[],
): Promise<void> {
  const names = tables.map(({ table }) => quoted(table)).join(', ')
  await db.query(adHocSql(`lock table ${names} in access share mode`))
}

/** Text for `copyOut`. */
export function copyOutText({ table, columns }: Pick<TableShape, 'table' | 'columns'>): string {
  return `copy ${target(table, columns)} to stdout`
}

/** Text for `copyIn`. */
export function copyInText({ table, columns }: Pick<TableShape, 'table' | 'columns'>): string {
  return `copy ${target(table, columns)} from stdin`
}

function target(table: string, columns: readonly string[]): string {
  return `${quoted(table)} (${columns.map(quoted).join(', ')})`
}

/** How far the numbers of a column have come; 0: none was given. */
export async function identityReached(
  db: Queryable,
  table: string,
  column: string,
): Promise<number> {
  const { rows } = await db.query<{ name: string }>(
    adHocSql(`select pg_get_serial_sequence($1, $2) as name`),
    [quoted(table), column],
  )
  // Quoted by the server.
  const reached = await db.query<{ value: number }>(
    adHocSql(
      `select case when is_called then last_value else last_value - 1 end as value from ${rows[0]?.name}`,
    ),
  )
  return reached.rows[0]?.value ?? 0
}

/** The next number is beyond this one and beyond every row. */
export async function advanceIdentity(
  db: Queryable,
  { table, column }: { readonly table: string; readonly column: string },
  reached: number,
): Promise<void> {
  await db.query(
    adHocSql(
      `select setval(pg_get_serial_sequence($1, $2), value, true) from (
         select greatest($3::bigint, max(${quoted(column)})) as value from ${quoted(table)}) v where value > 0`,
    ),
    [quoted(table), column, reached],
  )
}

export interface TableIndex {
  readonly name: string
  /** `CREATE INDEX …` */
  readonly definition: string
}

const listIndexesStatement = sql(
  'list_plain_indexes',
  `select quote_ident(c.relname) as name, pg_get_indexdef(i.indexrelid) as definition
   from pg_index i join pg_class c on c.oid = i.indexrelid
   where c.relnamespace = current_schema()::regnamespace and i.indisvalid
     and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
   order by 2`,
)

/** Indexes that belong to no constraint: faster made after the rows are in than kept up row by row. */
export async function listPlainIndexes(db: Queryable): Promise<TableIndex[]> {
  return (await db.query<TableIndex>(listIndexesStatement)).rows
}

export async function dropIndexes(db: Queryable, indexes: readonly TableIndex[]): Promise<void> {
  const names = indexes.map(({ name }) => name).join(', ')
  if (names !== '') await db.query(adHocSql(`drop index ${names}`))
}

export async function createIndex(db: Queryable, { definition }: TableIndex): Promise<void> {
  await db.query(adHocSql(definition))
}

// Names come from our own schema; a backup that names others is refused before.
function quoted(name: string): string {
  assert(/^[a-z][a-z0-9_]{0,62}$/.test(name), 'a table or column is named in a way of nobody here')
  return `"${name}"`
}
