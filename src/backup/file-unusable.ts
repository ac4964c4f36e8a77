// The file cannot be used; nothing was changed.

import { StartupError } from '../primitives/startup-error.ts'

export class FileUnusable extends StartupError {
  override name = 'FileUnusable'

  constructor(fault: string) {
    super('file_unusable', `this file cannot be used: ${fault}`)
  }
}

/** Bytes are missing, too many, or not those that were written. */
export function damaged(): FileUnusable {
  return new FileUnusable('it is damaged or cut short')
}
