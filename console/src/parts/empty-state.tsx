import { Text } from '@mantine/core'
import type { Icon } from '@primer/octicons-react'
import type { ReactNode } from 'react'

import classes from './empty-state.module.css'

interface EmptyStateProps {
  readonly icon: Icon
  readonly title: string
  /** How what is missing comes to be. */
  readonly children: ReactNode
  readonly action?: ReactNode
}

export function EmptyState({ icon: EmptyIcon, title, children, action }: EmptyStateProps) {
  return (
    <div className={classes['empty']}>
      <span className={classes['icon']}>
        <EmptyIcon size={24} />
      </span>
      <Text fw={600}>{title}</Text>
      <Text size="sm" c="dimmed" maw={460} component="div">
        {children}
      </Text>
      {action !== undefined && <div className={classes['action']}>{action}</div>}
    </div>
  )
}
