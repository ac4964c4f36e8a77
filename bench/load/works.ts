// What one act of load is: an HTTP request, the gateway's two steps, or the statements of a payment.

import { randomUUID } from 'node:crypto'

import { Client } from 'pg'

import { openHttpConnection, requestText } from './http-connection.ts'
import type { Act } from './models.ts'
import type { GatewayWork, HttpWork, SqlWork, Work } from './task.ts'

export interface OpenWork {
  readonly act: Act
  close(): Promise<void>
}

export function openWork(work: Work, connections: number, prefix: string): Promise<OpenWork> {
  const nextUnique = countFrom(prefix)
  switch (work.kind) {
    case 'http':
      return openHttpWork(work, connections, nextUnique)
    case 'gateway':
      return openGatewayWork(work, connections, nextUnique)
    case 'sql':
      return openSqlWork(work, connections, nextUnique)
  }
}

/** Ten characters: the prefix of two and a number. */
function countFrom(prefix: string): () => string {
  let count = 0
  return () => prefix + String((count += 1)).padStart(8, '0')
}

async function openHttpWork(
  { origin, requests, mustContain }: HttpWork,
  connections: number,
  nextUnique: () => string,
): Promise<OpenWork> {
  const lines = await openConnections(origin, connections)
  let turn = 0
  return {
    async act(connection) {
      const request = requests[(turn += 1) % requests.length] ?? ''
      const text = request.includes('{unique}')
        ? request.replaceAll('{unique}', nextUnique())
        : request
      const answer = await lines[connection]?.send(text)
      if (answer?.status !== 200 || !answer.body.includes(mustContain)) {
        throw new Error(`${answer?.status} ${answer?.body.toString('utf8', 0, 300)}`)
      }
    },
    close: async () => lines.forEach((line) => line.close()),
  }
}

function openConnections(origin: string | readonly string[], count: number) {
  const origins = [origin].flat()
  return Promise.all(
    Array.from({ length: count }, (_, at) =>
      openHttpConnection(origins[at % origins.length] ?? ''),
    ),
  )
}

const sandboxCard = '1234123412341234'

async function openGatewayWork(
  { origin, cpid, linkKey }: GatewayWork,
  connections: number,
  nextUnique: () => string,
): Promise<OpenWork> {
  const lines = await openConnections(origin, connections)
  // Name and mail as in the orders that billkey is given, so that both send as much.
  const order = {
    CPID: cpid,
    BILLTYPE: '14',
    PRODUCTNAME: 'plan',
    IPADDRESS: '127.0.0.1',
    USERID: 'customer-1',
    USERNAME: 'buyer',
    EMAIL: 'buyer@example.com',
    PRODUCTCODE: '0',
    QUOTA: '00',
    TAXFREECD: '00',
    PRODUCTTYPE: '1',
  }

  async function step(connection: number, path: string, fields: object, token?: string) {
    const headers = {
      authorization: linkKey,
      ...(token !== undefined && { token }),
      'content-type': 'application/json; charset=EUC-KR',
    }
    const text = requestText('POST', path, { body: JSON.stringify(fields), headers })
    const answer = await lines[connection]?.send(text)
    return JSON.parse(answer?.body.toString('latin1') ?? '{}') as Record<string, string>
  }

  async function call(connection: number, payMethod: string, fields: Record<string, string>) {
    const asked = { CPID: cpid, PAYMETHOD: payMethod }
    const { RETURNURL = '', TOKEN = '' } = await step(connection, '/pay/ready', asked)
    const path = URL.parse(RETURNURL)?.pathname ?? '/'
    const sent = { ...order, PAYMETHOD: payMethod, ...fields }
    const answer = await step(connection, path, sent, TOKEN)
    if (answer['RESULTCODE'] !== '0000') throw new Error(JSON.stringify(answer))
    return answer
  }

  const card = { CARDNO: sandboxCard, EXPIREDT: '203512', CARDAUTH: '820213', CARDPASSWORD: '00' }
  const issue = { ORDERNO: nextUnique(), AMOUNT: '0', DIRECT_YN: 'N', ...card }
  const { AUTOKEY = '' } = await call(0, 'CARD-KEYGEN', issue)
  return {
    async act(connection) {
      const charge = { ORDERNO: nextUnique(), AMOUNT: '9900', AUTOKEY }
      await call(connection, 'CARD-BATCH', charge)
    },
    close: async () => lines.forEach((line) => line.close()),
  }
}

async function openSqlWork(
  { connectionString, statements }: SqlWork,
  connections: number,
  nextUnique: () => string,
): Promise<OpenWork> {
  const clients = await Promise.all(
    Array.from({ length: connections }, async () => {
      const client = new Client({ connectionString })
      await client.connect()
      return client
    }),
  )
  return {
    async act(connection) {
      const unique = nextUnique()
      const uuids = new Map<string, string>()
      const fill = (value: string | null) => (value === null ? null : fillIn(value, unique, uuids))
      for (const { name, text, values } of statements) {
        const result = await clients[connection]?.query({ name, text, values: values.map(fill) })
        if (result?.rowCount !== 1) throw new Error(`${name} touched ${result?.rowCount} rows`)
      }
    },
    close: async () => void (await Promise.all(clients.map((client) => client.end()))),
  }
}

function fillIn(value: string, unique: string, uuids: Map<string, string>): string {
  if (!value.includes('{u')) return value
  return value.replaceAll('{unique}', unique).replaceAll(/\{uuid:\d+\}/g, (name) => {
    const known = uuids.get(name) ?? randomUUID()
    uuids.set(name, known)
    return known
  })
}
