import { useMutation, useQueryClient } from '@tanstack/react-query'

import type { Language } from '../language/words.ts'
import { answerOf, api } from './client.ts'
import { sessionQuery, useSessionChange } from './session.ts'

/** Keeps the language for the operator who is signed in; before that there is nobody to keep it for. */
export function useLanguageKeeper(): (language: Language) => void {
  const queryClient = useQueryClient()
  const changeSession = useSessionChange()
  const { mutate } = useMutation({
    mutationFn: (language: Language) =>
      answerOf(api.PATCH('/session/profile', { body: { language } })),
    onSuccess: changeSession,
  })
  return (language) => {
    if (queryClient.getQueryData(sessionQuery.queryKey)) mutate(language)
  }
}
