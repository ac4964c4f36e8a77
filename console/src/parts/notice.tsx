import { AlertIcon, InfoIcon, StopIcon } from '@primer/octicons-react'
import type { ReactNode } from 'react'

import classes from './notice.module.css'

interface NoticeProps {
  readonly tone: 'warn' | 'bad' | 'calm'
  readonly title?: string
  /** Read out as soon as it appears: for what answers something that was just done. */
  readonly isAnswer?: boolean
  readonly children: ReactNode
}

const icons = { warn: AlertIcon, bad: StopIcon, calm: InfoIcon }

/** Something to know, within a page or a dialog. */
export function Notice({ tone, title, isAnswer = false, children }: NoticeProps) {
  const NoticeIcon = icons[tone]
  return (
    <div className={classes['notice']} data-tone={tone} role={isAnswer ? 'alert' : undefined}>
      <NoticeIcon size={16} className={classes['icon'] ?? ''} />
      <div className={classes['body']}>
        {title !== undefined && <p className={classes['title']}>{title}</p>}
        {children}
      </div>
    </div>
  )
}
