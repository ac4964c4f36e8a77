import { Tooltip } from '@mantine/core'
import type { ReactElement } from 'react'

import { type OperatorRole, useIsAtLeast } from '../api/session.ts'
import { frameWords } from '../app/frame-words.ts'
import { useWords } from '../language/language.tsx'

interface NeedsRoleProps {
  readonly least: OperatorRole
  readonly children: ReactElement
}

/** Says why the acts in it are closed to an operator of a smaller role. */
export function NeedsRole({ least, children }: NeedsRoleProps) {
  const words = useWords(frameWords)
  const isEnough = useIsAtLeast(least)
  if (isEnough) return children
  return <Tooltip label={words.needsRole(words.roles[least])}>{children}</Tooltip>
}
