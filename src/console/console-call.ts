// A call of the console's API is data: where it is, who may make it, what it takes and gives. All of them together are
// the contract that console/openapi.json is written from; `consoleRoute` adds the function that answers one.
//
// To add an area:
// 1. declare its calls in `src/console/<area>-view.ts` and list them in `src/console/console-api.ts`;
//    `npm exec -- node tools/regenerate.ts` writes console/openapi.json anew;
// 2. answer them in `src/console/<area>.routes.ts`, a function that gives ConsoleRoute[]; it parses, calls and renders.
//    What is done is done by a deed of the feature's own folder, which the V1 route or the command calls too;
// 3. list that function in `src/compose/console.ts`, with what it stands on.

import type { Readable } from 'node:stream'

import type { Static, TObject, TSchema } from 'typebox'

import type { ConsoleCaller } from './console-caller.ts'

/**
 * Who may make a call. `anyone`: nobody has to be signed in. `signed_in`: also who has yet to change a password or set
 * up TOTP before anything else. The others are least roles, of which each includes those before it.
 */
export type ConsoleAccess = 'anyone' | 'signed_in' | 'viewer' | 'operator' | 'owner'

export type ConsoleMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface ConsoleCall<Params extends TObject = TObject, Response extends TSchema = TSchema> {
  /** Its operationId: `listPayments`. */
  readonly name: string
  readonly method: ConsoleMethod
  /** Below /console/api, in Fastify's spelling: `/payments/:impUid`. */
  readonly url: string
  /** One line for the document. */
  readonly summary: string
  readonly access: ConsoleAccess
  /** Path, and query (GET, DELETE) or body (the others). Names that are not declared are refused. */
  readonly params: Params
  /** Of a 200. Fields it does not name are not sent. */
  readonly response: Response
  /** It answers with a file of this type instead of JSON; `response` describes nothing then. */
  readonly file?: 'text/csv'
}

export function consoleCall<Params extends TObject, Response extends TSchema>(
  call: ConsoleCall<Params, Response>,
): ConsoleCall<Params, Response> {
  return call
}

/** A file that is sent as it is made. */
export interface ConsoleFile {
  readonly fileName: string
  readonly content: Readable
}

/** A call and its answer with their types erased, ready to be registered. */
export interface ConsoleRoute {
  readonly call: ConsoleCall
  readonly handle: (input: unknown, caller: ConsoleCaller) => Promise<unknown>
}

/** Answers a call. A refusal is thrown: `consoleRefusal`. */
export function consoleRoute<Params extends TObject, Response extends TSchema>(
  call: ConsoleCall<Params, Response>,
  handler: (input: Static<Params>, caller: ConsoleCaller) => Promise<Static<Response>>,
): ConsoleRoute {
  return { call, handle: (input, caller) => handler(input as Static<Params>, caller) }
}

/** Answers a call that gives a file. */
export function consoleFileRoute<Params extends TObject>(
  call: ConsoleCall<Params>,
  handler: (input: Static<Params>, caller: ConsoleCaller) => Promise<ConsoleFile>,
): ConsoleRoute {
  return { call, handle: (input, caller) => handler(input as Static<Params>, caller) }
}
