// A secret cannot be printed by accident: string conversion, JSON and util.inspect all show "[secret]".

const inspect = Symbol.for('nodejs.util.inspect.custom')

export class Secret<T = string> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  /** The value itself. Each call is a place for a reviewer to look at. */
  reveal(): T {
    return this.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect](): string {
    return '[secret]'
  }
}
