// What make-data.ts writes: everything that an earlier version left in its database, and what it said of it.

export interface TableRows {
  readonly table: string
  readonly columns: readonly string[]
  readonly rows: readonly object[]
}

export interface PreviousData {
  readonly masterKey: string
  readonly impKey: string
  readonly impSecret: string
  readonly channelKey: string
  /** What it answered to look-ups. */
  readonly answers: readonly { readonly path: string; readonly response: unknown }[]
  readonly tables: readonly TableRows[]
}
