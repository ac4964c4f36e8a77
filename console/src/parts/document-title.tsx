import { useEffect } from 'react'

/** `Payments · billkey`; screen readers say it when the page changes. */
export function useDocumentTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · billkey`
  }, [title])
}
