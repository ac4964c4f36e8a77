// What docs/errors.md says of one message. The texts themselves are found in src/, and each must be described in
// this folder: a message nobody can look up is a support call.

export interface Message {
  /** As it stands in the code, with … for every part that is filled in. */
  readonly text: string
  /** The HTTP status and V1's `code` it is answered with; null where it is part of another message. */
  readonly answer: { readonly status: number; readonly code: 1 | -1 } | null
  readonly cause: string
  /** What the caller should do. */
  readonly action: string
}

export interface MessageGroup {
  readonly title: string
  readonly introduction: string
  readonly messages: readonly Message[]
}

/** Mostly 400 (-1): the request cannot be meant, and the same one will be refused again. */
export const badRequestAnswer = { status: 400, code: -1 } as const
/** Refused by state, look-up or gateway, in V1's way: HTTP 200 and a code. */
export const refusedAnswer = { status: 200, code: -1 } as const
export const refusedByStateAnswer = { status: 200, code: 1 } as const
export const notFoundAnswer = { status: 404, code: -1 } as const
