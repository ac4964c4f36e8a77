// A sealed column is declared by the feature that owns it, and rotation works on what is declared.
// The database is asked too: a column that nobody declared would lose its key, so it stops rotation.

import { adHocSql, type Database, type Queryable, sql } from '../db/database.ts'
import { assert } from '../primitives/assert.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { StartupError } from '../primitives/startup-error.ts'

/**
 * One bytea column that holds sealed values; its name ends in `_sealed`, and null means none. Other
 * code may write a value fresh from `seal`, or move one with a statement that locks the row it takes
 * it from (`delete … returning`). It must not write back one that it read before.
 */
export interface SealedColumn {
  readonly table: string
  /** The primary key without its leading merchant_id. */
  readonly keyColumns: readonly string[]
  readonly sealedColumn: string
  /** As given to `seal`. */
  readonly purpose: string
  /** The text column whose value was given to `seal` as the row's name. Never updated. */
  readonly rowNameColumn: string
}

export interface SealedRow {
  /** Values of the key columns, as text. */
  readonly key: readonly string[]
  readonly rowName: string
  readonly sealed: Buffer
}

const identifierPattern = /^[a-z][a-z0-9_]{0,62}$/

const listSealedColumnsStatement = sql(
  'list_sealed_columns',
  String.raw`select c.relname as "table", a.attname as "sealedColumn"
   from pg_attribute a join pg_class c on c.oid = a.attrelid
   where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
     and not c.relispartition and not a.attisdropped
     and a.atttypid = 'bytea'::regtype and a.attname like '%\_sealed'
   order by 1, 2`,
)

/** Throws when the declared columns and those of the database are not the same. */
export async function checkSealedColumns(
  db: Queryable,
  declared: readonly SealedColumn[],
): Promise<void> {
  const { rows } = await db.query<Pick<SealedColumn, 'table' | 'sealedColumn'>>(
    listSealedColumnsStatement,
  )
  const nameOf = (column: Pick<SealedColumn, 'table' | 'sealedColumn'>) =>
    `${column.table}.${column.sealedColumn}`
  const present = new Set(rows.map(nameOf))
  const known = new Set(declared.map(nameOf))
  const differences = [...present.symmetricDifference(known)].sort()
  if (differences.length === 0) return
  throw new StartupError(
    'sealed_columns_differ',
    `this program and this database do not have the same sealed columns (${differences.join(', ')}): run 'billkey migrate', or a matching version`,
  )
}

/** Selects the rows of merchant $1 whose value is sealed under data key version $2. */
export function sealedRowsUnder(column: SealedColumn): string {
  const { table, sealedColumn } = quoted(column)
  // The version is in bytes 2 to 5, big-endian, as int4send writes it (envelope.ts).
  return `select from ${table} where merchant_id = $1 and ${sealedColumn} is not null
    and substring(${sealedColumn} from 2 for 4) = int4send($2)`
}

// A page is bounded by the rows it reads, not by those it wants, so that none is slow.
export async function listSealedRows(
  db: Queryable,
  column: SealedColumn,
  merchantId: MerchantId,
  page: { readonly after: readonly string[] | null; readonly limit: number },
): Promise<SealedRow[]> {
  const { table, keyColumns, sealedColumn, rowNameColumn } = quoted(column)
  const isAfter =
    page.after === null
      ? ''
      : `and (${keyColumns.join(', ')}) > (${keyColumns.map((_, index) => `$${index + 3}`).join(', ')})`
  const statement = adHocSql(
    `select array[${keyColumns.map((name) => `${name}::text`).join(', ')}] as "key",
       ${rowNameColumn} as "rowName", ${sealedColumn} as "sealed"
     from ${table} where merchant_id = $1 and ${sealedColumn} is not null ${isAfter}
     order by ${keyColumns.join(', ')} limit $2`,
  )
  return (await db.query<SealedRow>(statement, [merchantId, page.limit, ...(page.after ?? [])]))
    .rows
}

/** Replaces a sealed value if it is still the one that was read. */
export async function replaceSealed(
  db: Queryable,
  column: SealedColumn,
  merchantId: MerchantId,
  { row, sealed }: { readonly row: SealedRow; readonly sealed: Buffer },
): Promise<boolean> {
  const { table, keyColumns, sealedColumn } = quoted(column)
  const isRow = keyColumns.map((name, index) => `${name} = $${index + 4}`).join(' and ')
  const statement = adHocSql(
    `update ${table} set ${sealedColumn} = $3
     where merchant_id = $1 and ${sealedColumn} = $2 and ${isRow}`,
  )
  const { rowCount } = await db.query(statement, [merchantId, row.sealed, sealed, ...row.key])
  return rowCount === 1
}

// Only for a progress display, but it reads a whole table.
const countTimeoutMs = 600_000

/** Values of merchants that have more than one data key, which is to say whose rotation is not over. */
export async function countValuesToLookAt(db: Database, column: SealedColumn): Promise<number> {
  const { table, sealedColumn } = quoted(column)
  const statement = adHocSql(
    `select count(*) as "values" from ${table} where ${sealedColumn} is not null and merchant_id in
       (select merchant_id from data_keys group by merchant_id having count(*) > 1)`,
  )
  return db.transaction(
    async (tx) => (await tx.query<{ values: number }>(statement)).rows[0]?.values ?? 0,
    { statementTimeoutMs: countTimeoutMs },
  )
}

// Names come from our own source; the assertion keeps it so.
function quoted(column: SealedColumn): SealedColumn {
  const quote = (name: string) => {
    assert(identifierPattern.test(name), 'a column is declared with a name that is not snake_case')
    return `"${name}"`
  }
  assert(column.keyColumns.length > 0, 'a sealed column needs its row key')
  return {
    ...column,
    table: quote(column.table),
    keyColumns: column.keyColumns.map(quote),
    sealedColumn: quote(column.sealedColumn),
    rowNameColumn: quote(column.rowNameColumn),
  }
}
