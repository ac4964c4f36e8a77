// An instant of the command line.

import { StartupError } from '../primitives/startup-error.ts'

/** Milliseconds of a text like `2027-01-01T00:00:00+09:00`. */
export function readInstant(text: string): number {
  const instantMs = Date.parse(text)
  if (Number.isNaN(instantMs)) {
    throw new StartupError(
      'bad_option',
      `'${text}' is not an instant like 2027-01-01T00:00:00+09:00`,
    )
  }
  return instantMs
}
