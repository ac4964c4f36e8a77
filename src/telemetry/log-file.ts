// The log as a file, for a sandbox whose terminal belongs to a person.

import { destination, type Logger } from 'pino'

import { createLogger } from './logger.ts'

/** Appends to `path`. Lines are gathered for up to a second, so a killed process may lose its last ones. */
export function createLogFile(level: string, path: string): Logger {
  return createLogger({
    level,
    destination: destination({
      dest: path,
      mode: 0o600,
      sync: false,
      minLength: 4096,
      periodicFlush: 1000,
    }),
  })
}
