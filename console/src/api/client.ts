// Calls the console's API, typed by its document. A refusal is thrown as ApiFailure, so that a caller either has the
// answer or an error with a code to translate.
//
// A call whose CSRF token had been replaced meanwhile (by a new sign-in of the same operator in another tab) was refused
// before it did anything. It is made once more with the present token, unless somebody else is signed in now, for whom
// it was not meant; nothing else is ever repeated here, since it may have moved money.

import createClient from 'openapi-fetch'

import type { components, paths } from './contract.ts'

export type Schemas = components['schemas']
export type ErrorCode = Schemas['Error']['error']['code']
export type FieldFault = NonNullable<Schemas['Error']['error']['fields']>[string]
export type Session = Schemas['Session']

/** `no_answer`: the server was not reached, or its answer was lost; the call may have been carried out. */
export type FailureCode = ErrorCode | 'no_answer' | 'unreadable_answer'

export class ApiFailure extends Error {
  override name = 'ApiFailure'
  readonly code: FailureCode
  readonly status: number
  readonly fields: Readonly<Record<string, FieldFault>>
  readonly requestId: string | null

  constructor(code: FailureCode, status: number, error?: Partial<Schemas['Error']['error']>) {
    super(error?.message ?? code)
    this.code = code
    this.status = status
    this.fields = error?.fields ?? {}
    this.requestId = error?.requestId ?? null
  }
}

const base = '/console/api'
let csrfToken: string | null = null
let operatorId: string | null = null
let onSignedOut: () => void = () => {}
let onAnotherSession: (session: Session) => void = () => {}

/** Every session that is received is told, since it carries the token of the next call. */
export function keepTokenOf(session: Session | null): void {
  csrfToken = session?.csrfToken ?? null
  operatorId = session?.operator.operatorId ?? null
}

/** Called when the server says that nobody is signed in any more. */
export function whenSignedOut(react: () => void): void {
  onSignedOut = react
}

/** Called when a call was refused because somebody else is signed in in this browser now. */
export function whenSessionIsAnother(react: (session: Session) => void): void {
  onAnotherSession = react
}

export const api = createClient<paths>({ baseUrl: base, fetch: fetchWithToken })

async function fetchWithToken(request: Request): Promise<Response> {
  const isReading = request.method === 'GET'
  const again = isReading ? null : request.clone()
  const response = await send(request, isReading ? null : csrfToken)
  if (again === null || response.status !== 403) return response
  if ((await codeOf(response)) !== 'csrf_refused') return response
  const reply = await fetch(`${base}/session`)
  if (!reply.ok) return response
  const session = (await reply.json()) as Session
  if (session.operator.operatorId !== operatorId) {
    onAnotherSession(session)
    return response
  }
  keepTokenOf(session)
  return send(again, csrfToken)
}

async function send(request: Request, token: string | null): Promise<Response> {
  if (token !== null) request.headers.set('x-billkey-csrf', token)
  return fetch(request)
}

async function codeOf(response: Response): Promise<string | undefined> {
  const body = (await response
    .clone()
    .json()
    .catch(() => null)) as Schemas['Error'] | null
  return body?.error.code
}

/** The answer of a call, or an ApiFailure. */
export async function answerOf<Data>(
  call: Promise<{ readonly data?: Data; readonly error?: unknown; readonly response: Response }>,
): Promise<Data> {
  const { data, error, response } = await call.catch(() => {
    throw new ApiFailure('no_answer', 0)
  })
  if (response.ok && data !== undefined) return data
  throw failureOf(error, response.status)
}

export function failureOf(body: unknown, status: number): ApiFailure {
  const error = (body as Partial<Schemas['Error']> | undefined)?.error
  if (error?.code === undefined) return new ApiFailure('unreadable_answer', status)
  if (error.code === 'not_signed_in') onSignedOut()
  return new ApiFailure(error.code, status, error)
}
