// openapi.json, from the routes that the server registers.

import { describeServer } from '../src/compose/routes.ts'
import { writeDocument } from './generated-document.ts'

await writeDocument('openapi.json', `${JSON.stringify(describeServer(), null, 2)}\n`)
