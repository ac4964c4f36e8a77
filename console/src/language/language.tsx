// Which language the console speaks: the operator's choice, else the browser's. What was chosen is kept on the server
// for the operator, and in this browser for the sign-in page, which knows nobody yet.

import {
  createContext,
  type ReactNode,
  use,
  useCallback,
  useEffect,
  useMemo,
  useState,
} from 'react'

import type { BothLanguages, Language } from './words.ts'

interface LanguageChoice {
  readonly language: Language
  readonly choose: (language: Language) => void
}

const storageKey = 'billkey.language'

const LanguageContext = createContext<LanguageChoice | null>(null)

export function LanguageProvider({ children }: { readonly children: ReactNode }) {
  const [language, setLanguage] = useState(firstLanguage)
  useEffect(() => {
    document.documentElement.lang = language
  }, [language])
  const choose = useCallback((next: Language) => {
    localStorage.setItem(storageKey, next)
    setLanguage(next)
  }, [])
  const choice = useMemo(() => ({ language, choose }), [language, choose])
  return <LanguageContext value={choice}>{children}</LanguageContext>
}

function firstLanguage(): Language {
  const kept = localStorage.getItem(storageKey)
  if (kept === 'ko' || kept === 'en') return kept
  return navigator.language.startsWith('ko') ? 'ko' : 'en'
}

export function useLanguage(): LanguageChoice {
  const choice = use(LanguageContext)
  if (choice === null) throw new Error('LanguageProvider is missing')
  return choice
}

/** The words of a feature in the present language. */
export function useWords<Words>(words: BothLanguages<Words>): Words {
  return words[useLanguage().language]
}
