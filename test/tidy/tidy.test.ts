// What CONTRIBUTING.md asks of code and a machine can check. Sizes, floating promises, default exports, barrels
// and cycles are oxlint's; here is what it has no rule for.

import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

import { expectNone } from './fault-list.ts'
import {
  consoleFiles,
  files,
  importsByFile,
  ownImportsOf,
  programFiles,
  read,
  root,
  typeScriptFiles,
  withoutComments,
} from './repository-files.ts'
import { declarations } from './sql-statements.ts'

const program = [...programFiles].sort()
const serverFiles = program.filter((path) => path.startsWith('src/'))

// A name of these says that something is kept, not what.
const emptyWords = new Set('util utils types helper helpers service manager index'.split(' '))
const suffixes = ['routes', 'store', 'gateway', 'test']

test('files are named in kebab case, by what they are', () => {
  const faults = typeScriptFiles.flatMap((path) => {
    const [name = '', ...rest] = (path.split('/').at(-1) ?? '').split('.').slice(0, -1)
    const words = name.split('-')
    return [
      /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name) ? '' : `${path}: not kebab case`,
      words.some((word) => emptyWords.has(word)) ? `${path}: says nothing` : '',
      rest.every((suffix) => suffixes.includes(suffix)) ? '' : `${path}: unknown suffix`,
    ].filter((fault) => fault !== '')
  })
  expectNone(faults, `Name it by what it is; suffixes are ${suffixes.join(', ')}.`)
})

// Written by a generator, which is a list and not read.
const contract = 'console/src/api/contract.ts'

test('no file of the program is longer than 400 lines', () => {
  const faults = [...program, ...consoleFiles]
    .filter((path) => path !== contract)
    .map((path) => ({ path, lines: read(path).trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > 400)
  expectNone(
    faults.map(({ path, lines }) => `${path}: ${lines} lines`),
    'Split it along what changes together.',
  )
})

test('nine of ten functions are at most 40 lines long, and none is longer than 70', () => {
  const lengths = functionLengths().sort((a, b) => a.lines - b.lines)
  const longest = lengths.filter(({ lines }) => lines > 70)
  expectNone(
    longest.map(({ place, lines }) => `${place}: ${lines} lines`),
    'Give a part of it a name of its own.',
  )
  const p90 = lengths[Math.floor(lengths.length * 0.9)]?.lines ?? 0
  expectNone(p90 > 40 ? [`the 90th percentile is ${p90} lines`] : [], 'Functions have grown.')
})

// TypeScript 7 has no parser to call, so oxlint is asked to complain about every function there is.
function functionLengths(): { readonly place: string; readonly lines: number }[] {
  const oxlint = join(
    dirname(createRequire(import.meta.url).resolve('oxlint/package.json')),
    'bin/oxlint',
  )
  const measuring = join(root, 'test/tidy/function-lengths.oxlintrc.json')
  const options = [
    '-c',
    measuring,
    '--format',
    'json',
    'src',
    'simulator',
    'client',
    'tools',
    'console/src',
  ]
  const said = runEvenIfItComplains(process.execPath, [oxlint, ...options])
  const { diagnostics } = JSON.parse(said) as {
    diagnostics: { message: string; filename: string; labels: { span: { line: number } }[] }[]
  }
  return diagnostics
    .filter(({ filename }) => isProgram(filename.replaceAll('\\', '/')))
    .map(({ message, filename, labels }) => ({
      place: `${filename}:${labels[0]?.span.line}`,
      lines: Number(/\((\d+)\)/.exec(message)?.[1]),
    }))
}

function isProgram(path: string): boolean {
  return programFiles.has(path) || consoleFiles.has(path)
}

function runEvenIfItComplains(program: string, args: readonly string[]): string {
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const
  try {
    return execFileSync(program, args, options)
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}

// ARCHITECTURE.md holds the table, so that what is read and what is enforced is one thing.
function tierByFolder(): ReadonlyMap<string, number> {
  const rows = read('ARCHITECTURE.md').matchAll(/^\| (\d+) \| ([^|]+) \|/gm)
  const tiers = [...rows].flatMap(([, tier, folders]) =>
    [...(folders ?? '').matchAll(/`([^`]+)`/g)].map(
      ([, folder]) => [folder as string, Number(tier)] as const,
    ),
  )
  return new Map(tiers)
}

/** `src/payments/charge.ts` is of `payments`, `src/main.ts` of `main.ts`. */
function folderOf(path: string): string {
  return path.split('/')[1] ?? ''
}

test('imports of src point one way, as the table in ARCHITECTURE.md says', () => {
  const tiers = tierByFolder()
  const faults = serverFiles.flatMap((path) => {
    const tier = tiers.get(folderOf(path))
    if (tier === undefined) return [`${path}: its folder is not in the table`]
    return ownImportsOf(path)
      .filter((target) => target.startsWith('src/'))
      .filter((target) => (tiers.get(folderOf(target)) ?? Infinity) > tier)
      .map((target) => `${path} imports ${target}, which is of a later tier`)
  })
  expectNone(faults, 'Turn the dependency round: what is below is handed in, or named by a port.')
})

test('the table in ARCHITECTURE.md names only what exists', () => {
  const present = new Set(files.filter((path) => path.startsWith('src/')).map(folderOf))
  const stale = [...tierByFolder().keys()].filter((folder) => !present.has(folder))
  expectNone(stale, 'Remove these folders from the table of imports.')
})

test('the simulator, the client and the console import nothing of the server', () => {
  const faults = ['simulator/', 'client/', 'console/'].flatMap((home) =>
    typeScriptFiles
      .filter((path) => path.startsWith(home))
      .flatMap((path) =>
        ownImportsOf(path)
          .filter((target) => !target.startsWith(home))
          .map((target) => `${path} imports ${target}`),
      ),
  )
  expectNone(
    faults,
    'They speak with the server over HTTP only; one misreading must not hide in both.',
  )
})

// Named by the server and not imported: it reads the ones and starts the other.
const namedOnly = new Set([
  'package.json',
  'migrations/',
  'simulator/main.ts',
  'console/',
  'tools/build-console.ts',
])

test('the server imports nothing of the repository but itself', () => {
  const faults = serverFiles.flatMap((path) =>
    ownImportsOf(path)
      .filter((target) => !target.startsWith('src/') && !namedOnly.has(target))
      .map((target) => `${path} imports ${target}`),
  )
  expectNone(faults, 'It is what all else speaks with, over HTTP.')
})

test('the program imports neither tests nor development dependencies', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >
  const isRuntime = (name: string) => name.startsWith('node:') || name in dependencies
  const packages = program.filter((path) => !path.startsWith('tools/'))
  const faults = packages.flatMap((path) =>
    (importsByFile.get(path) ?? [])
      .filter((name) => !name.startsWith('.') && /^[@a-z]/.test(name) && !name.endsWith('.ts'))
      .filter((name) => !isRuntime(packageOf(name)))
      .map((name) => `${path} imports ${name}${name in devDependencies ? ' (development)' : ''}`),
  )
  const testImports = program.flatMap((path) =>
    ownImportsOf(path)
      .filter((target) => target.startsWith('test/') || target.endsWith('.test.ts'))
      .map((target) => `${path} imports ${target}`),
  )
  expectNone([...faults, ...testImports], 'The program must run without these.')
})

function packageOf(specifier: string): string {
  const [scope = '', name = ''] = specifier.split('/')
  return scope.startsWith('@') ? `${scope}/${name}` : scope
}

test('every file of src, simulator and console is part of the program or imported by a test', () => {
  const imported = new Set(typeScriptFiles.flatMap(ownImportsOf))
  const started = typeScriptFiles.map((path) => read(path)).join('\n')
  const dead = typeScriptFiles.filter(
    (path) =>
      /^(?:src|simulator|console\/src)\//.test(path) &&
      !path.endsWith('.test.ts') &&
      !isProgram(path) &&
      !imported.has(path) &&
      !started.includes(`'${path.split('/').at(-1)}'`),
  )
  expectNone(dead, 'Nobody uses these files: delete them.')
})

interface Ban {
  readonly what: RegExp
  readonly where: (path: string) => boolean
  readonly why: string
}

const inServer = (path: string) => path.startsWith('src/') && programFiles.has(path)

const bans: readonly Ban[] = [
  {
    what: /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(/,
    where: (path) => inServer(path) && path !== 'src/primitives/clock.ts',
    why: 'time and randomness are handed in (Clock, IdSource), so that a test can move them',
  },
  {
    what: /(?<![.\w])(?:now\(\)(?!\s*[:{])|current_timestamp|localtimestamp|current_date)/i,
    where: (path) => inServer(path) && /\bsql\(/.test(read(path)),
    why: "rows carry the application's instant; two clocks would disagree",
  },
  {
    what: /\bprocess\.env\b/,
    // The second builds the environment of PostgreSQL from nothing, so it must read the path to programs.
    where: (path) => inServer(path) && !['src/main.ts', 'src/db/server-account.ts'].includes(path),
    why: 'src/config.ts is the only reader of settings',
  },
  {
    what: /^import \{[^}]*\} from 'typebox'/m,
    where: inServer,
    why: 'Type comes from src/http/json-schema.ts; all of typebox is a fifth of a start (decision 0039)',
  },
  {
    what: /\.only\(|\bonly: true/,
    where: (path) => path.endsWith('.test.ts'),
    why: 'the other tests of the file would not run',
  },
  {
    what: /^(?:export )?(?:abstract )?enum |^(?:export )?namespace /m,
    where: () => true,
    why: 'Node strips types and runs the rest; enums and namespaces are no types',
  },
]

test('nothing that is banned stands in the code', () => {
  const faults = bans.flatMap(({ what, where, why }) =>
    typeScriptFiles
      .filter((path) => path !== 'test/tidy/tidy.test.ts' && where(path))
      .flatMap((path) => {
        const found = what.exec(withoutComments(read(path)))
        return found === null ? [] : [`${path}: '${found[0]}': ${why}`]
      }),
  )
  expectNone(faults, 'These have no place there.')
})

// Written in two parts, or this line would find itself.
const unfinished = new RegExp(`\\b(?:${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')})\\b`)

test('nothing is left to be done in a comment or a document', () => {
  const texts = files.filter((path) => /\.(?:tsx?|js|sql|md|json|css|html)$/.test(path))
  const faults = texts.filter((path) => unfinished.test(read(path)))
  expectNone(faults, 'Do it now, or write it under "Not there yet" in README.md.')
})

test('no file names a path of the machine it was written on', () => {
  const home = dirname(root)
  // A checkout right under one of these says nothing about a machine: everybody has them.
  const isOrdinary = ['/', '/tmp', '/home', '/root', '/opt', '/srv', '/app'].includes(home)
  const own = [root, ...(isOrdinary ? [] : siblingsOf(home))]
  const faults = files
    .filter((path) => /\.(?:tsx?|js|sql|md|json|sh|ya?ml)$|^\.ci\//.test(path))
    .flatMap((path) => {
      const text = read(path)
      return own.filter((place) => text.includes(place)).map(() => path)
    })
  expectNone([...new Set(faults)], 'Somebody else has no such path.')
})

function siblingsOf(home: string): string[] {
  return readdirSync(home).map((name) => join(home, name))
}

test('names of statements are unique, since a connection prepares each by its name', () => {
  const seen = new Map<string, string>()
  const faults = declarations.flatMap(({ path, name }) => {
    const first = seen.get(name)
    seen.set(name, path)
    return first === undefined ? [] : [`${name}: in ${first} and ${path}`]
  })
  expectNone(faults, 'Rename one of them.')
})

test('files say in their first line what they are', () => {
  const faults = [...program, ...consoleFiles].filter(
    (path) => read(path).split('\n').length > 40 && !/^\/[/*]/.test(read(path)),
  )
  expectNone(faults, 'Begin with one to three lines: what it is responsible for, and its rule.')
})

test('comments are between 4 and 15 of a hundred lines of the server', () => {
  const lines = serverFiles.flatMap((path) => read(path).split('\n')).filter((line) => line.trim())
  const comments = lines.filter((line) => /^\s*(?:\/\/|\/\*|\*)/.test(line))
  const share = (100 * comments.length) / lines.length
  expectNone(
    share < 4 || share > 15 ? [`${share.toFixed(1)} of a hundred`] : [],
    'Say why, limits and sources; never what.',
  )
})
