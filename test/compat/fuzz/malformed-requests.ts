// Requests that are wrong in their bytes, method, path, headers, encoding or body, from a seed. None of them could
// rightly move money.

import { gzipSync } from 'node:zlib'

import {
  asForm,
  asJson,
  type Body,
  brokenCancel,
  brokenCharge,
  brokenSchedule,
  type Known,
  nastyFields,
  wholeCharge,
} from './malformed-bodies.ts'
import { type Choice, nastyText } from './random-choice.ts'

export interface MalformedRequest {
  readonly kind: string
  readonly bytes: Buffer
  /**
   * `one`: the server can tell where it ends, so another may follow it, and it has exactly one answer. `last`: at
   * least one answer, then the connection closes. `any`: not a request at all, or one that never ends.
   */
  readonly answers: 'one' | 'last' | 'any'
  /** The answer has no body. */
  readonly isBodiless: boolean
}

export interface Target extends Known {
  readonly token: string
}

type Maker = (choice: Choice, target: Target) => MalformedRequest

interface Parts {
  readonly line: string
  readonly headers?: readonly string[]
  readonly body?: string | Buffer
}

function bytesOf({ line, headers = [], body = '' }: Parts): Buffer {
  const content = Buffer.from(body)
  const isFramed = headers.some((header) => /^(?:content-length|transfer-encoding):/i.test(header))
  const length = isFramed || content.length === 0 ? [] : [`Content-Length: ${content.length}`]
  const version = / HTTP\/\S+$/.test(line) ? '' : ' HTTP/1.1'
  const head = [line + version, 'Host: localhost', ...headers, ...length].join('\r\n')
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), content])
}

function request(
  kind: string,
  parts: Parts,
  answers: MalformedRequest['answers'] = 'one',
): MalformedRequest {
  const isBodiless = parts.line.startsWith('HEAD ')
  return { kind, bytes: bytesOf(parts), answers, isBodiless }
}

const authorized = (target: Target) => `Authorization: ${target.token}`
const json = 'Content-Type: application/json'
const form = 'Content-Type: application/x-www-form-urlencoded'

/** The same fields as JSON or as a form, with a type that says so, says something else or nothing. */
function written(kind: string, body: Body, choice: Choice, target: Target): MalformedRequest {
  const auth = authorized(target)
  const { line } = body
  if (choice.once(2)) {
    const types = [[json], [form], [], ['Content-Type: text/plain'], ['Content-Type: nonsense']]
    const headers = [auth, ...choice.of(types)]
    return request(`${kind}, JSON`, { line, headers, body: asJson(body) })
  }
  const headers = [auth, choice.once(8) ? json : form]
  return request(`${kind}, form`, { line, headers, body: asForm(body, choice.once(2)) })
}

const malformedFields: Maker = (choice, target) => {
  const [kind, body] = choice.of([
    ['charge', brokenCharge],
    ['charge', brokenCharge],
    ['schedule', brokenSchedule],
    ['cancel', brokenCancel],
    ['other fields', nastyFields],
  ] as const)
  return written(kind, body(choice, target), choice, target)
}

/** A charge without fault, cut, in wrong bytes, under no token or by another method. */
const brokenAround: Maker = (choice, target) => {
  const body = wholeCharge(choice, target)
  const text = asJson(body)
  const auth = authorized(target)
  const { line } = body
  const cut = text.slice(0, 1 + choice.below(text.length - 1))
  const middle = Math.floor(cut.length / 2)
  const wrongBytes = Buffer.concat([
    Buffer.from(text.slice(0, middle)),
    Buffer.from(choice.of([[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xb0, 0xa1]])),
    Buffer.from(text.slice(middle)),
  ])
  return choice.of([
    request('cut body', { line, headers: [auth, json], body: cut }),
    request('wrong bytes', { line, headers: [auth, json], body: wrongBytes }),
    request('two bodies', { line, headers: [auth, json], body: text + text }),
    request('gzip', {
      line,
      headers: [auth, json, 'Content-Encoding: gzip'],
      body: gzipSync(text),
    }),
    request('UTF-16', { line, headers: [auth, json], body: Buffer.from(text, 'utf16le') }),
    request('no token', { line, headers: [json], body: text }),
    request('wrong token', {
      line,
      headers: [`Authorization: ${nastyHeader(choice)}x`, json],
      body: text,
    }),
    request('method', {
      line: line.replace('POST', choice.of(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])),
      headers: [auth, json],
      body: text,
    }),
    request(
      'unfinished body',
      { line, headers: [auth, json, `Content-Length: ${Buffer.byteLength(text) + 7}`], body: text },
      'any',
    ),
    request(
      'short length',
      { line, headers: [auth, json, `Content-Length: ${middle}`], body: text },
      'last',
    ),
    request('XML', { line, headers: [auth, 'Content-Type: text/xml'], body: `<a>${text}</a>` }),
    request('multipart', {
      line,
      headers: [auth, 'Content-Type: multipart/form-data; boundary=b'],
      body: `--b\r\nContent-Disposition: form-data; name="amount"\r\n\r\n1\r\n--b--\r\n`,
    }),
  ])
}

/** A header's text: no control characters, by which the parser refuses the request. */
function nastyHeader(choice: Choice): string {
  return nastyText(choice)
    .replaceAll(/\p{Control}/gu, ' ')
    .slice(0, 4_000)
}

/** A path's text as bytes: raw or percent-encoded, in both of which much is wrong. */
function nastySegment(choice: Choice): string {
  const text = nastyText(choice).slice(0, 1_500)
  if (choice.once(3)) return [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join('')
  return text.replaceAll(/[\0-\x20\x7f-\uffff]/g, (unit) => `%${unit.charCodeAt(0).toString(16)}`)
}

const lookUps = [
  '/payments',
  '/payments/find',
  '/payments/findAll',
  '/payments/status',
  '/payments/prepare',
  '/subscribe/customers',
  '/subscribe/payments/schedule',
  '/subscribe/payments/schedule/customers',
  '/cards',
  '/banks',
  '/tiers',
  '/users/pg',
  '/certifications',
  '',
] as const

const queryNames = [
  'page',
  'limit',
  'sorting',
  'from',
  'to',
  'schedule_from',
  'schedule_to',
  'schedule-status',
  'imp_uid[]',
  'imp_uid[0][x]',
  'merchant_uid',
  'customer_uid[',
  'customer_uid[]',
  '[]',
  'a[[[[',
  `deep${'[x]'.repeat(70)}`,
  '__proto__[x]',
  '_token',
  '%',
] as const

const lookUp: Maker = (choice, target) => {
  const segments = Array.from({ length: choice.below(4) }, () => nastySegment(choice))
  const pairs = Array.from(
    { length: choice.below(5) },
    () => `${choice.of(queryNames)}=${choice.once(2) ? nastySegment(choice) : choice.digits(12)}`,
  )
  const slash = choice.of(['/', '//', '/./', '/../', '/%2f'])
  const path = [choice.of(lookUps), ...segments].join(slash)
  const query = choice.of(['?', '??', '#', '?&&&']) + pairs.join(choice.of(['&', '&&', ';']))
  const method = choice.once(10) ? choice.of(['HEAD', 'OPTIONS', 'DELETE', 'PATCH']) : 'GET'
  // A deletion of the one key there is would be meant.
  const line = `${method} ${path.replaceAll(target.customerUid, 'x') || '/'}${query}`
  return request('look-up', { line, headers: [authorized(target)] }, endsAt(line))
}

/** A target over 16 KiB ends the connection. */
function endsAt(line: string): 'one' | 'last' {
  return line.length > 15_000 ? 'last' : 'one'
}

const contentTypes = [
  'Content-Type:',
  'Content-Type: /',
  'Content-Type: application/',
  'Content-Type: ;;;',
  'Content-Type: application/json; charset=euc-kr; charset=utf-7',
  'Content-Type: multipart/form-data',
  `Content-Type: ${'a/'.repeat(2_000)}`,
] as const

const strangeHeaders: Maker = (choice, target) => {
  const extra = choice.of([
    choice.of(contentTypes),
    `Idempotency-Key: ${nastyHeader(choice)}`,
    'Idempotency-Key:',
    `X-ImpTokenHeader: ${nastyHeader(choice)}`,
    `Authorization: ${choice.of(['Basic', 'Bearer', 'Bearer  ', 'Digest'])} ${nastyHeader(choice)}`,
    `Tier: ${nastyHeader(choice)}`,
    `X-Forwarded-For: ${nastyHeader(choice)}`,
    'Range: bytes=0-',
    'If-None-Match: *',
    'Accept: nothing/at-all',
    'Accept-Encoding: br;q=x',
    'Upgrade: websocket',
    'Cookie: a=b; __proto__=c',
  ])
  const body = asJson(choice.of([brokenCharge, brokenCancel, nastyFields])(choice, target))
  const line = choice.of([
    'POST /subscribe/payments/again',
    'POST /payments/cancel',
    'GET /payments/status/all',
    'GET /healthz',
  ])
  // As the body of another endpoint it has another fault still: none names what these require.
  const content = line.startsWith('POST') ? body.replace('"imp_uid"', '"no_uid"') : ''
  const headers = [authorized(target), extra]
  return request('strange headers', { line, headers, body: breakForAll(content) })
}

/** Whatever else is in it, neither an order nor a cancel can be read from it. */
function breakForAll(text: string): string {
  return text === '' ? '' : `[${text}]`
}

const bigBodies: Maker = (choice, target) => {
  const auth = authorized(target)
  const line = 'POST /subscribe/payments/again'
  const size = 1_100_000
  return choice.of([
    () =>
      request('over a megabyte', { line, headers: [auth, json], body: ' '.repeat(size) }, 'last'),
    () => request('many fields', { line, headers: [auth, form], body: 'a=1&'.repeat(11_000) }),
    () =>
      request('deep JSON', {
        line,
        headers: [auth, json],
        body: '{"a":'.repeat(50_000) + '1' + '}'.repeat(50_000),
      }),
    () => request('deep form', { line, headers: [auth, form], body: `a${'[b]'.repeat(5_000)}=1` }),
    () =>
      request('many keys', {
        line,
        headers: [auth, json],
        body: `{${Array.from({ length: 20_000 }, (_, at) => `"k${at}":${at}`).join(',')}}`,
      }),
  ])()
}

const strangeFraming: Maker = (choice, target) => {
  const auth = authorized(target)
  const line = choice.of(['POST /subscribe/payments/onetime', 'POST /payments/cancel'])
  const body = asJson(brokenCharge(choice, target))
  const raw = (kind: string, head: readonly string[], content = body) =>
    request(kind, { line, headers: [auth, json, ...head], body: content }, 'last')
  return choice.of([
    raw('two lengths', ['Content-Length: 5', `Content-Length: ${body.length}`]),
    raw('length and chunks', ['Transfer-Encoding: chunked', 'Content-Length: 5']),
    raw('negative length', ['Content-Length: -1']),
    raw('huge length', ['Content-Length: 99999999999999999999999']),
    raw('length in words', ['Content-Length: all of it']),
    raw('bad chunk', ['Transfer-Encoding: chunked'], `zz\r\n${body}\r\n0\r\n\r\n`),
    raw('two encodings', ['Transfer-Encoding: gzip, chunked'], `0\r\n\r\n`),
    raw('unknown encoding', ['Transfer-Encoding: identity'], ''),
    raw('Expect', ['Expect: the unexpected']),
    raw('header without colon', ['this is no header']),
    raw('name with a space', ['Bad Name: x']),
    raw('control character', ['X: \x01\x02']),
    raw('folded header', ['X: a\r\n b']),
    raw('headers over 16 KiB', [`X: ${'y'.repeat(20_000)}`]),
    raw(
      'many headers',
      Array.from({ length: 3_000 }, (_, at) => `X-${at}: y`),
    ),
  ])
}

const strangeLines: Maker = (choice, target) => {
  const path = choice.of(['/payments/cancel', '/subscribe/payments/again', '/', '*'])
  const line = choice.of([
    `PROPFIND ${path}`,
    `TRACE ${path}`,
    `post ${path}`,
    `${nastyHeader(choice).slice(0, 50)} ${path}`,
    `POST  ${path}`,
    `POST ${path} HTTP/0.9`,
    `POST ${path} HTTP/9.9`,
    `POST ${path} HTTP/2.0`,
    `POST ${path} SPDY/1.0`,
    `POST http://elsewhere.invalid${path}`,
    `GET ${path}${'/x'.repeat(10_000)}`,
    `GET ${path}?${'q=1&'.repeat(5_000)}`,
    `GET ${path}\t`,
    `GET ${Buffer.from('/결제/조회').toString('latin1')}`,
  ])
  return request('strange line', { line, headers: [authorized(target)] }, 'any')
}

/** Nothing may stand before it: Node closes the connection of a CONNECT at once. */
const tunnel: Maker = () => request('CONNECT', { line: 'CONNECT localhost:443' }, 'any')

const noise: Maker = (choice) => {
  const bytes = choice.of([
    () => choice.bytes(1 + choice.below(300)),
    () => Buffer.from('\r\n'.repeat(1 + choice.below(20))),
    () => Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, ...choice.bytes(60)]),
    () => Buffer.from('GET /payments'),
    () => Buffer.from('POST /payments/cancel HTTP/1.1\nHost: x\n\n'),
    () => Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  ])()
  return { kind: 'noise', bytes, answers: 'any', isBodiless: false }
}

// Fields are where merchants err, so they come most often.
const makers: readonly Maker[] = [
  ...Array.from({ length: 30 }, () => malformedFields),
  ...Array.from({ length: 20 }, () => lookUp),
  ...Array.from({ length: 20 }, () => brokenAround),
  ...Array.from({ length: 8 }, () => strangeHeaders),
  ...Array.from({ length: 8 }, () => strangeFraming),
  ...Array.from({ length: 6 }, () => strangeLines),
  ...Array.from({ length: 6 }, () => noise),
  bigBodies,
  tunnel,
]

/** One to six requests for one connection; only the last may leave open where it ends. */
export function malformedBatch(choice: Choice, target: Target): MalformedRequest[] {
  const batch: MalformedRequest[] = []
  const length = 1 + choice.below(6)
  while (batch.length < length) {
    const made = choice.of(makers)(choice, target)
    if (made.kind === 'CONNECT' && batch.length > 0) break
    batch.push(made)
    if (made.answers !== 'one') break
  }
  return batch
}
