// The file cannot be restored; nothing was changed.

import { StartupError } from '../primitives/startup-error.ts'

export class BackupUnusable extends StartupError {
  override name = 'BackupUnusable'

  constructor(fault: string) {
    super('backup_unusable', `this backup cannot be used: ${fault}`)
  }
}

/** Bytes are missing, too many, or not those that were written. */
export function damaged(): BackupUnusable {
  return new BackupUnusable('it is damaged or cut short')
}
