// A token from the ready step admits one execute step of one method of one contract. It lives in
// memory only: after a restart every token issued before is invalid.

import type { Contract } from './contracts.ts'
import type { Randomness } from './randomness.ts'

export interface Grant {
  readonly contract: Contract
  readonly paymethod: string
  readonly cancel: boolean
  /** Where the token must be used. */
  readonly path: string
  readonly issuedAtMs: number
}

/** Unused tokens kept; beyond it the oldest is forgotten, as if it had never been issued. */
const tokensMax = 100_000

/** The path every RETURNURL begins with. What follows is opaque and differs by method. */
export const returnPathPrefix = '/pay/x/'

export class Tokens {
  readonly #random: Randomness
  readonly #grants = new Map<string, Grant>()
  readonly #paths = new Map<string, string>()

  constructor(random: Randomness) {
    this.#random = random
  }

  issue(contract: Contract, paymethod: string, cancel: boolean, nowMs: number): [string, Grant] {
    const path = this.#pathOf(`${paymethod} ${cancel}`)
    const grant = { contract, paymethod, cancel, path, issuedAtMs: nowMs }
    // 34 lower-case hex characters, like the one token seen in the field.
    const token = this.#random.hex(34)
    this.#grants.set(token, grant)
    if (this.#grants.size > tokensMax) {
      const [oldest] = this.#grants.keys()
      if (oldest !== undefined) this.#grants.delete(oldest)
    }
    return [token, grant]
  }

  find(token: string): Grant | undefined {
    return this.#grants.get(token)
  }

  /** Called before anything is awaited, so that of two uses at once only one finds the token. */
  spend(token: string): void {
    this.#grants.delete(token)
  }

  // Drawn at the first use of a method, so that no client can write a path down beforehand.
  #pathOf(method: string): string {
    const known = this.#paths.get(method)
    if (known !== undefined) return known
    const path = returnPathPrefix + this.#random.hex(24)
    this.#paths.set(method, path)
    return path
  }
}
