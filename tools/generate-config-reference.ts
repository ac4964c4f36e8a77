// docs/config.md, from the list of settings that src/config.ts reads by.

import { settings } from '../src/settings.ts'
import { writeDocument } from './generated-document.ts'
import { generatedBy, table } from './markdown.ts'

const kindNames: Record<(typeof settings)[number]['kind'], string> = {
  text: 'text',
  secret: 'secret',
  port: 'port',
  milliseconds: 'milliseconds',
  delay: 'milliseconds, or 0',
  count: 'number',
  list: 'list, comma separated',
  choice: 'one of a list',
}

function renderConfigReference(): string {
  const rows = settings.map((setting) => [
    `\`${setting.name}\``,
    setting.fallback === null || setting.fallback === '' ? '' : `\`${setting.fallback}\``,
    'choices' in setting
      ? setting.choices.map((choice) => `\`${choice}\``).join(' ')
      : kindNames[setting.kind],
    setting.meaning,
  ])
  return `${generatedBy('generate-config-reference.ts')}

# Settings

Settings are environment variables. An empty one counts as not set. \`src/config.ts\` is their only reader; it checks
all of them at the start of every command and reports all faults in one line.

A setting of kind *secret* is shown in no message and no log, and can be given in three ways, of which one may be used:

| give | and |
|---|---|
| \`NAME\` | its value is the secret |
| \`NAME_FILE\` | its value is the path of a file that holds the secret. A warning is written when every user of the machine may read the file |
| \`NAME_COMMAND\` | its value is a program with its arguments, and what it prints is the secret: a KMS decrypt, for example. It is run without a shell and has 30 seconds; quotes hold a word together; for a pipe or a variable name the shell yourself: \`sh -c '…'\` |

Blanks and line ends around a secret are cut off. Once read, all three are removed from the environment, so that no
program that billkey starts inherits them. The system may still show the environment as it was at the start to root and
to the same user (\`/proc/<pid>/environ\`): in production use the file or the command.

${table(['setting', 'default', 'kind', 'meaning'], rows)}

Outside the sandbox a missing master key stops the start, and so does one that a person could guess or that has stood in
a document.

The tests know one setting more: \`BILLKEY_TEST_DATABASE_URL\` names a PostgreSQL whose role may create databases, to
use instead of the embedded one.
`
}

await writeDocument('docs/config.md', renderConfigReference())
