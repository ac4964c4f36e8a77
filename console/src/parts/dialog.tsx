import { Modal } from '@mantine/core'
import type { ReactNode } from 'react'

import { useWords } from '../language/language.tsx'
import { dialogWords } from './dialog-words.ts'

interface DialogProps {
  readonly title: string
  readonly isOpen: boolean
  readonly close: () => void
  readonly size?: number
  /** Made anew each time it opens, so that a dialog begins empty. */
  readonly children: () => ReactNode
}

export function Dialog({ title, isOpen, close, size = 480, children }: DialogProps) {
  const words = useWords(dialogWords)
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      title={title}
      size={size}
      closeButtonProps={{ 'aria-label': words.close }}
    >
      {isOpen && <DialogBody>{children}</DialogBody>}
    </Modal>
  )
}

function DialogBody({ children }: { readonly children: () => ReactNode }) {
  return children()
}
