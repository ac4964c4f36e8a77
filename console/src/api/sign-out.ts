import { useMutation } from '@tanstack/react-query'

import { answerOf, api } from './client.ts'
import { useSessionChange } from './session.ts'

/** Signs out here. What was loaded is forgotten even when the server cannot be reached: it may be somebody else's turn. */
export function useSignOut(): () => void {
  const changeSession = useSessionChange()
  const { mutate } = useMutation({
    mutationFn: () => answerOf(api.DELETE('/session')),
    onSettled: () => changeSession(null),
  })
  return mutate
}
