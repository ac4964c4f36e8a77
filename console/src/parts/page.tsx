// The head of every page: where one is, what it is called, what can be done. Its title takes the focus when one comes
// from another page, so that a screen reader says where one has arrived.

import { type ReactNode, useEffect, useRef } from 'react'

import { useDocumentTitle } from './document-title.tsx'
import classes from './page.module.css'

interface PageProps {
  readonly title: string
  readonly hint?: ReactNode
  /** A link to the list this is one of. */
  readonly above?: ReactNode
  /** Beside the title: its state. */
  readonly mark?: ReactNode
  readonly actions?: ReactNode
  /** The content scrolls by itself below a head that stays: for lists. */
  readonly isFilled?: boolean
  readonly children: ReactNode
}

// The first page has the browser's own focus.
let isFirstPage = true

export function Page({ title, hint, above, mark, actions, isFilled = false, children }: PageProps) {
  useDocumentTitle(title)
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (!isFirstPage) heading.current?.focus({ preventScroll: true })
    isFirstPage = false
  }, [])
  return (
    <div className={classes[isFilled ? 'filled' : 'page']}>
      {above !== undefined && <div className={classes['above']}>{above}</div>}
      <div className={classes['head']}>
        <div className={classes['title']}>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {mark}
        </div>
        {actions !== undefined && <div className={classes['actions']}>{actions}</div>}
      </div>
      {hint !== undefined && <p className={classes['hint']}>{hint}</p>}
      {children}
    </div>
  )
}
