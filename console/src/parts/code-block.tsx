import classes from './code-block.module.css'
import { CopyValue } from './facts.tsx'

interface CodeBlockProps {
  readonly label: string
  readonly text: string
}

/** A command or a body, to read and to copy. */
export function CodeBlock({ label, text }: CodeBlockProps) {
  return (
    <div className={classes['block']}>
      <pre className={classes['code']}>{text}</pre>
      <span className={classes['copy']}>
        <CopyValue what={label} text={text} />
      </span>
    </div>
  )
}
