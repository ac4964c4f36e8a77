// Test support: speaks the wire with node:http and bytes, sharing no code with the simulator or with
// any client of ours, so that the tests hold the simulator to the wire and not to itself.

import { request } from 'node:http'
import iconv from 'iconv-lite'

export interface RawAnswer {
  readonly status: number
  readonly contentType: string
  readonly bytes: Buffer
}

export type RawOutcome =
  | ({ readonly kind: 'answer' } & RawAnswer)
  | { readonly kind: 'broken'; readonly code: string }

export interface RawRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
  readonly signal?: AbortSignal
}

export function send(url: string, given: RawRequest): Promise<RawOutcome> {
  const { method = 'POST', headers = {}, body, signal } = given
  return new Promise((resolve) => {
    const broken = (error: NodeJS.ErrnoException): void => {
      resolve({ kind: 'broken', code: error.code ?? error.name })
    }
    const outgoing = request(url, { method, headers, agent: false, ...(signal && { signal }) })
    outgoing.on('error', broken)
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('error', broken)
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({
          kind: 'answer',
          status: response.statusCode ?? 0,
          contentType: response.headers['content-type'] ?? '',
          bytes: Buffer.concat(chunks),
        }),
      )
    })
    outgoing.end(body)
  })
}

export const jsonEucKr = 'application/json; charset=EUC-KR'

/** Everything the sandbox contract may do; the pair is written out here on purpose. */
export const sandbox = {
  cpid: 'CTS00001',
  linkKey: '0000000100000001000000010000000100000001000000010000000100000001',
}

export type Values = Readonly<Record<string, unknown>>

export interface StepOptions {
  readonly linkKey?: string
  readonly contentType?: string
  /** Sent in place of the encoded fields. */
  readonly bytes?: Buffer
  readonly signal?: AbortSignal
}

/** Posts fields as EUC-KR JSON. */
export function postFields(
  url: string,
  fields: Values,
  headers: Readonly<Record<string, string>>,
  options: StepOptions = {},
): Promise<RawOutcome> {
  return send(url, {
    headers: {
      'content-type': options.contentType ?? jsonEucKr,
      authorization: options.linkKey ?? sandbox.linkKey,
      ...headers,
    },
    body: options.bytes ?? iconv.encode(JSON.stringify(fields), 'euc-kr'),
    ...(options.signal && { signal: options.signal }),
  })
}

/** Reads an answer as EUC-KR JSON; anything else fails the test. */
export function readAnswer(outcome: RawOutcome): Record<string, string> {
  if (outcome.kind === 'broken') throw new Error(`no answer: ${outcome.code}`)
  return JSON.parse(iconv.decode(outcome.bytes, 'euc-kr')) as Record<string, string>
}

export async function ready(
  base: string,
  fields: Values,
  options: StepOptions = {},
): Promise<Record<string, string>> {
  const asked = { CPID: sandbox.cpid, ...fields }
  return readAnswer(await postFields(`${base}/pay/ready`, asked, {}, options))
}

/** Both steps: takes a token for the fields' PAYMETHOD, then sends the fields to RETURNURL. */
export async function exchange(
  base: string,
  fields: Values,
  options: StepOptions = {},
): Promise<RawOutcome> {
  const { CPID, PAYMETHOD, CANCELREQ } = fields
  const cancel = CANCELREQ === undefined ? {} : { CANCELREQ }
  const { linkKey } = options
  const granted = await ready(
    base,
    { CPID, PAYMETHOD, ...cancel },
    linkKey === undefined ? {} : { linkKey },
  )
  const { RETURNURL = '', TOKEN = '' } = granted
  if (TOKEN === '') throw new Error(`ready refused: ${JSON.stringify(granted)}`)
  return postFields(RETURNURL, fields, { token: TOKEN }, options)
}

export async function pay(
  base: string,
  fields: Values,
  options: StepOptions = {},
): Promise<Record<string, string>> {
  return readAnswer(await exchange(base, fields, options))
}

export const keyIn: Values = {
  CPID: sandbox.cpid,
  PAYMETHOD: 'CARD-SUGI',
  ORDERNO: 'order-1',
  BILLTYPE: '18',
  PRODUCTTYPE: '1',
  AMOUNT: '3000',
  PRODUCTNAME: '월 구독료',
  IPADDRESS: '127.0.0.1',
  USERID: 'customer-1',
  USERNAME: '홍길동',
  CARDNO: '9366000000900000',
  EXPIREDT: '203012',
  QUOTA: '00',
  TAXFREECD: '00',
}

export const keyIssue: Values = {
  CPID: sandbox.cpid,
  PAYMETHOD: 'CARD-KEYGEN',
  ORDERNO: 'key-1',
  BILLTYPE: '14',
  IPADDRESS: '127.0.0.1',
  USERID: 'customer-1',
  CARDNO: '9366000000900000',
  EXPIREDT: '203012',
  CARDAUTH: '820213',
  CARDPASSWORD: '00',
  DIRECT_YN: 'N',
}

export const keyCharge: Values = {
  CPID: sandbox.cpid,
  PAYMETHOD: 'CARD-BATCH',
  ORDERNO: 'cycle-1',
  BILLTYPE: '14',
  PRODUCTTYPE: '1',
  AMOUNT: '3000',
  PRODUCTNAME: '월 구독료',
  IPADDRESS: '127.0.0.1',
  USERID: 'customer-1',
  QUOTA: '00',
  TAXFREECD: '00',
}

export function cancelOf(daoutrx: string, fields: Values = {}): Values {
  return {
    CPID: sandbox.cpid,
    PAYMETHOD: 'CARD',
    CANCELREQ: 'Y',
    TRXID: daoutrx,
    AMOUNT: '3000',
    CANCELREASON: '고객 요청',
    ...fields,
  }
}

/** A control route's JSON. */
export async function control(
  base: string,
  target: string,
  body: unknown = null,
): Promise<Record<string, unknown>> {
  const [method = 'GET', path = '/'] = target.split(' ')
  const given = body === null ? {} : { body: Buffer.from(JSON.stringify(body)) }
  const outcome = await send(base + path, { method, ...given })
  if (outcome.kind === 'broken') throw new Error(`no answer: ${outcome.code}`)
  return JSON.parse(outcome.bytes.toString('utf8')) as Record<string, unknown>
}
