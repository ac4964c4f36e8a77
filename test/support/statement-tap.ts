// Listens between billkey and its PostgreSQL: every statement that is carried out, with its text and values, whether it
// was waited for by itself, and where transactions end. What is counted is what travels, whatever the code says of it.

import type { Socket } from 'node:net'

import { startPostgresRelay } from './postgres-relay.ts'

export interface TappedStatement {
  /** Null: text that was sent without a name. */
  readonly name: string | null
  readonly text: string
  /** As text, null for NULL; undefined for one that was sent in binary. */
  readonly values: readonly (string | null | undefined)[]
  /** It was sent while its connection waited for nothing: it costs a round trip of its own. */
  readonly isRoundTrip: boolean
  /** It may leave something to be written to disk. */
  readonly isWrite: boolean
  /** After it no transaction was open: alone it was one, or it was the COMMIT. */
  readonly endsTransaction: boolean
  /** What the server said of its own accord while it was carried out: auto_explain's plans, for one. */
  readonly notices: readonly string[]
}

export interface StatementTap {
  /** The same database by way of the tap. */
  readonly connectionString: string
  /** Those that were carried out since the last call, in the order of their ends. */
  take(): TappedStatement[]
  close(): Promise<void>
}

export async function startStatementTap(target: string): Promise<StatementTap> {
  let heard: TappedStatement[] = []
  const relay = await startPostgresRelay(target, (near, far) => {
    listen(near, far, (statement) => heard.push(statement))
  })
  return {
    connectionString: relay.connectionString,
    take() {
      const taken = heard
      heard = []
      return taken
    },
    close: () => relay.close(),
  }
}

type Pending = Omit<TappedStatement, 'endsTransaction' | 'notices'>

/** Protocol version 3: https://www.postgresql.org/docs/current/protocol-message-formats.html. */
function listen(near: Socket, far: Socket, tell: (statement: TappedStatement) => void): void {
  const texts = new Map<string, string>()
  // One entry per ReadyForQuery that is owed; null for one that belongs to no statement.
  const owed: (Pending | null)[] = []
  let bound: Pending | null = null
  let notices: string[] = []

  function hear(type: string, body: Buffer): void {
    const base = { isRoundTrip: owed.length === 0 }
    if (type === 'P') {
      const [name, at] = zeroEnded(body, 0)
      texts.set(name, zeroEnded(body, at)[0])
    } else if (type === 'B') {
      const { name, values } = readBind(body)
      const text = texts.get(name) ?? ''
      bound = { ...base, name: name === '' ? null : name, text, values, isWrite: writes(text) }
    } else if (type === 'Q') {
      const [text] = zeroEnded(body, 0)
      owed.push({ ...base, name: null, text, values: [], isWrite: writes(text) })
    } else if (type === 'S') {
      owed.push(bound)
      bound = null
    }
  }

  const fromProgram = createSplitter(true, hear)
  const fromServer = createSplitter(false, (type, body) => {
    if (type === 'N') notices.push(readNotice(body))
    if (type !== 'Z') return
    const ended = owed.shift()
    const endsTransaction = body.toString('latin1') === 'I'
    if (ended !== undefined && ended !== null) tell({ ...ended, endsTransaction, notices })
    notices = []
  })
  near.on('data', (bytes: Buffer) => {
    fromProgram(bytes)
    far.write(bytes)
  })
  // What is told of must be heard before whoever sent it goes on.
  far.on('data', (bytes: Buffer) => {
    fromServer(bytes)
    near.write(bytes)
  })
}

/** Cuts a stream into messages. The first one of a program has a length and no type. */
function createSplitter(hasStartup: boolean, hear: (type: string, body: Buffer) => void) {
  let rest: Buffer = Buffer.alloc(0)
  let typeBytes = hasStartup ? 0 : 1
  return (bytes: Buffer): void => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    while (rest.length >= typeBytes + 4) {
      const end = typeBytes + rest.readInt32BE(typeBytes)
      if (rest.length < end) return
      if (typeBytes === 1) hear(String.fromCharCode(rest[0] ?? 0), rest.subarray(5, end))
      rest = rest.subarray(end)
      typeBytes = 1
    }
  }
}

function zeroEnded(body: Buffer, from: number): [string, number] {
  const end = body.indexOf(0, from)
  return [body.toString('utf8', from, end), end + 1]
}

function readBind(body: Buffer): { name: string; values: (string | null | undefined)[] } {
  const [, afterPortal] = zeroEnded(body, 0)
  const [name, afterName] = zeroEnded(body, afterPortal)
  const formatCount = body.readInt16BE(afterName)
  const formats = Array.from({ length: formatCount }, (_, at) =>
    body.readInt16BE(afterName + 2 + 2 * at),
  )
  let at = afterName + 2 + 2 * formatCount
  const count = body.readInt16BE(at)
  at += 2
  const values: (string | null | undefined)[] = []
  for (let index = 0; index < count; index += 1) {
    const length = body.readInt32BE(at)
    at += 4
    const isBinary = (formats.length === 1 ? formats[0] : formats[index]) === 1
    const text = length < 0 ? null : body.toString('utf8', at, at + length)
    values.push(isBinary && text !== null ? undefined : text)
    at += Math.max(0, length)
  }
  return { name, values }
}

/** The message among the fields, each a letter and a text that ends with a zero. */
function readNotice(body: Buffer): string {
  for (let at = 0; at < body.length && body[at] !== 0;) {
    const [text, next] = zeroEnded(body, at + 1)
    if (body[at] === 'M'.charCodeAt(0)) return text
    at = next
  }
  return ''
}

function writes(text: string): boolean {
  return /\b(?:insert into|update|delete from)\b|\bfor (?:update|share)\b/i.test(text)
}
