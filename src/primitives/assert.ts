// Assertions state what must hold; a failed one is a bug of ours, never bad input.

/** Thrown when an invariant of the program is broken. Never shown to a client. */
export class AssertionFailed extends Error {
  override name = 'AssertionFailed'
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionFailed(message)
}

/** Marks a branch the types say cannot be reached; the compiler refuses a forgotten case. */
export function unreachable(value: never): never {
  throw new AssertionFailed(`unreachable: ${JSON.stringify(value)}`)
}
