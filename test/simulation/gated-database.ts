// A process' database: the real one, behind the gate. A transaction passes as one statement: what statements do to each
// other while they run is for the harness with real processes (test/harness/) to find.

import type { Database, SqlValue, Transaction } from '../../src/db/database.ts'
import type { Gate } from './gate.ts'
import type { Life } from './virtual-time.ts'

export function gatedDatabase(real: Database, gate: Gate, life: Life): Database {
  return {
    kind: 'database',
    query: (statement, values) =>
      gate.pass(
        { life, kind: 'statement', name: statement.name ?? 'ad hoc' },
        {
          run: () => real.query(statement, values),
          wordsOf: ({ rowCount }) => `${rowCount} rows${subjectsIn(values)}`,
        },
      ),
    transaction(work, options) {
      const names: string[] = []
      const noting = (tx: Transaction): Transaction => ({
        kind: 'transaction',
        query(statement, values) {
          names.push(`${statement.name ?? 'ad hoc'}${subjectsIn(values)}`)
          return tx.query(statement, values)
        },
      })
      return gate.pass(
        { life, kind: 'statement', name: 'transaction' },
        {
          run: () => real.transaction((tx) => work(noting(tx)), options),
          wordsOf: () => names.join(' '),
        },
      )
    },
    poolState: () => real.poolState(),
    // Other processes go on with it.
    close: async () => undefined,
  }
}

/** The payments it is about, so that one payment's story can be told. */
function subjectsIn(values: readonly SqlValue[] = []): string {
  const named = values.filter((value) => typeof value === 'string' && /^imps_\d{12}$/.test(value))
  return named.length === 0 ? '' : ` of ${[...new Set(named)].join(' ')}`
}
