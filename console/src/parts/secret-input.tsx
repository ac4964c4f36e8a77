import { PasswordInput, type PasswordInputProps } from '@mantine/core'
import { useState } from 'react'

import { useWords } from '../language/language.tsx'
import { dialogWords } from './dialog-words.ts'

/** A password, or another secret that is typed in; it can be shown while it is typed. */
export function SecretInput(props: PasswordInputProps) {
  const words = useWords(dialogWords)
  const [isShown, setIsShown] = useState(false)
  return (
    <PasswordInput
      {...props}
      visible={isShown}
      onVisibilityChange={setIsShown}
      visibilityToggleButtonProps={{
        'aria-label': isShown ? words.hideSecret : words.showSecret,
        'aria-hidden': false,
        tabIndex: 0,
      }}
    />
  )
}
