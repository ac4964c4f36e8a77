import { Center, Loader } from '@mantine/core'

import { useWords } from '../language/language.tsx'
import { frameWords } from './frame-words.ts'

export function PageLoader() {
  const words = useWords(frameWords)
  return (
    <Center h="40vh">
      <Loader size="sm" aria-label={words.loading} />
    </Center>
  )
}
