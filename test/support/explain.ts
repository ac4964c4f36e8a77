// Says how the server would run the statements of a store's function, planned without knowing the parameters, as a
// connection does that has run them often.

import { escapeLiteral } from 'pg'

import {
  adHocSql,
  type Database,
  type QueryResult,
  type SqlValue,
  type Statement,
} from '../../src/db/database.ts'

export interface PlanNode {
  readonly type: string
  readonly index: string | null
  /** Rows it gave, times how often it ran. */
  readonly rows: number
}

export interface Explained {
  readonly statement: string
  readonly nodes: readonly PlanNode[]
}

interface RawNode {
  readonly 'Node Type': string
  readonly 'Index Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly Plans?: readonly RawNode[]
}

/** Runs `work` and gives the plans of what it asked of the database. */
export async function explain(
  db: Database,
  work: (tapped: Database) => Promise<unknown>,
): Promise<Explained[]> {
  const explained: Explained[] = []
  const tapped: Database = {
    ...db,
    async query<Row extends object>(
      statement: Statement,
      values: readonly SqlValue[] = [],
    ): Promise<QueryResult<Row>> {
      explained.push(await planOf(db, statement, values))
      return db.query<Row>(statement, values)
    },
  }
  await work(tapped)
  return explained
}

function planOf(
  db: Database,
  { name, text }: Statement,
  values: readonly SqlValue[],
): Promise<Explained> {
  return db.transaction(async (transaction) => {
    const run = (command: string) => transaction.query<object>(adHocSql(command))
    await run('set local plan_cache_mode = force_generic_plan')
    await run(`prepare explained as ${text}`)
    const literals = values.length === 0 ? '' : `(${values.map(literalOf).join(', ')})`
    const { rows } = await run(`explain (analyze, format json) execute explained${literals}`)
    await run('deallocate explained')
    const [row] = rows as [{ 'QUERY PLAN': [{ Plan: RawNode }] }]
    return { statement: name ?? text, nodes: nodesOf(row['QUERY PLAN'][0].Plan) }
  })
}

function literalOf(value: SqlValue): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return escapeLiteral(`{${value.map((one) => `"${one}"`).join(',')}}`)
  return escapeLiteral(String(value))
}

function nodesOf(node: RawNode): PlanNode[] {
  const { Plans: below = [] } = node
  const own = {
    type: node['Node Type'],
    index: node['Index Name'] ?? null,
    rows: node['Actual Rows'] * node['Actual Loops'],
  }
  return [own, ...below.flatMap(nodesOf)]
}
