import type { ReactNode } from 'react'

import classes from './panel.module.css'

interface PanelProps {
  readonly title: string
  readonly hint?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** A titled part of a page. */
export function Panel({ title, hint, actions, children }: PanelProps) {
  return (
    <section className={classes['panel']} aria-label={title}>
      <header className={classes['head']}>
        <div>
          <h2 className={classes['title']}>{title}</h2>
          {hint !== undefined && <p className={classes['hint']}>{hint}</p>}
        </div>
        {actions !== undefined && <div className={classes['actions']}>{actions}</div>}
      </header>
      {children}
    </section>
  )
}
