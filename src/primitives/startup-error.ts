// What stops a command before it can work: told in one line with the way out, exit code 1, no stack.

export class StartupError extends Error {
  override name = 'StartupError'
  /** Stable, for tests and scripts: `port_taken`, `data_directory_in_use` … */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
