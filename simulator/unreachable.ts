// Marks a branch the types say cannot be reached; the compiler refuses a forgotten case.

export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`)
}
