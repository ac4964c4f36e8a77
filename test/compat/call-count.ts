// Which methods of a client were called, so that a test can prove that none in scope was forgotten. The client is
// not touched: calls pass through a proxy, and what the client calls of itself is not counted.

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'

export class CallCount {
  readonly #client: string
  readonly #counts = new Map<string, number>()

  constructor(client: string) {
    this.#client = client
  }

  /**
   * `target` with its methods counted as `path.name`; an empty path leaves the name alone. `aside` are methods that
   * send nothing of their own.
   */
  watch<Target extends object>(
    path: string,
    target: Target,
    aside: readonly string[] = [],
  ): Target {
    const names = methodsOf(target).filter((name) => !aside.includes(name))
    for (const name of names) this.#counts.set(joined(path, name), 0)
    return new Proxy(target, {
      get: (_, name) => {
        const member = Reflect.get(target, name) as unknown
        const key = joined(path, String(name))
        if (typeof member !== 'function' || !this.#counts.has(key)) return member
        return (...sent: unknown[]) => {
          this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
          return Reflect.apply(member, target, sent) as unknown
        }
      },
    })
  }

  /** Fails when a method was never called; says how often each was. */
  assertEveryMethodCalled(t: TestContext): void {
    const counts = [...this.#counts]
    t.diagnostic(`${this.#client}: ${counts.map(([name, count]) => `${name} ${count}`).join(', ')}`)
    assert.ok(counts.length > 0, 'the client has no methods')
    const forgotten = counts.filter(([, count]) => count === 0).map(([name]) => name)
    assert.deepEqual(forgotten, [], 'never called')
  }
}

function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

/** Public methods: of a module or a class its own, of an instance those of its class. */
function methodsOf(target: object): string[] {
  const prototype = Object.getPrototypeOf(target) as object
  const isModule = prototype === Object.prototype || typeof target === 'function'
  return Object.entries(Object.getOwnPropertyDescriptors(isModule ? target : prototype))
    .filter(([name, { value }]) => typeof value === 'function' && name !== 'constructor')
    .map(([name]) => name)
    .filter((name) => !name.startsWith('_'))
}
