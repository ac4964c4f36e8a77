// Statistics of tables that grow fast, as all do on the first day. A plan that was made for a nearly empty table stays in
// use on a connection until the table is analysed, and reads a merchant's every row where it should look one up; the
// server itself looks after its tables once a minute, and by its default settings only then.

import { adHocSql, type Database, sql } from './database.ts'

const rowsMin = 50
/** Grown tenfold since: once for each digit of a table's size, so that it costs nothing later. */
const growthMin = 9

const findStatement = sql(
  'find_young_tables',
  `select s.relname as name from pg_stat_user_tables s join pg_class c on c.oid = s.relid
   where s.schemaname = current_schema() and s.n_mod_since_analyze >= $1
     and s.n_mod_since_analyze >= $2 * greatest(c.reltuples, 0)
   order by s.relname`,
)

/** Analyses tables that have outgrown their statistics; gives their names. One that somebody else is at is left out. */
export async function analyseYoungTables(db: Database): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(findStatement, [rowsMin, growthMin])
  for (const { name } of rows) await db.query(adHocSql(`analyze (skip_locked) "${name}"`))
  return rows.map(({ name }) => name)
}
