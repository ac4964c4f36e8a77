// Why payments fail, the most frequent reason first, in words of PAYJOA or billkey.

import { Text } from '@mantine/core'

import { useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import classes from './home.module.css'
import { homeWords } from './home-words.ts'
import type { Overview } from './overview-query.ts'

export function FailureReasons({ reasons }: { readonly reasons: Overview['failureReasons'] }) {
  const words = useWords(homeWords)
  const { won, count } = useFormats()
  const most = Math.max(...reasons.map((reason) => reason.count))
  if (reasons.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {words.noFailures}
      </Text>
    )
  }
  return (
    <table className={classes['reasons']}>
      <thead>
        <tr>
          <th scope="col">{words.reason}</th>
          <th scope="col" className={classes['number']}>
            {words.count}
          </th>
          <th scope="col" className={classes['number']}>
            {words.amount}
          </th>
        </tr>
      </thead>
      <tbody>
        {reasons.map((reason) => (
          <tr key={reason.reason}>
            <td>
              {reason.reason}
              <svg className={classes['share']} width="100%" height="4" aria-hidden="true">
                <rect width={`${(100 * reason.count) / most}%`} height="4" rx="2" />
              </svg>
            </td>
            <td className={classes['number']}>{count(reason.count)}</td>
            <td className={classes['number']}>{won(reason.amountWon)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
