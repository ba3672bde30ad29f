/** Finds the commands that the documentation tells its reader to type: in fenced blocks, and in code within sentences and tables. */
import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

export interface Command {
  /** Path of the page from the project's folder. */
  page: string
  line: number
  text: string
  /** In a block of its own, and not within a sentence. */
  fenced: boolean
}

/** Every page that tells how to do something. */
export function pages(): string[] {
  const found = globSync(['README.md', 'docs/**/*.md', 'src/**/*.md', 'loadtest/**/*.md'], { cwd: root })
  return found.filter((path) => !path.includes('node_modules')).sort()
}

export function commandsOfPages(): Command[] {
  return pages().flatMap((page) => commandsIn(page, readFileSync(resolve(root, page), 'utf8')))
}

/** The first word of a line that is a command. In a block marked `sh` every line is one, whatever it begins with. */
const PROGRAM =
  /^(?:[A-Z][A-Z0-9_]*=\S* )*(?:npm|npx|node|curl|go tool|docker|docker-compose|kubectl|k6|kill|openssl|cp|mkdir|tar|for|seq|psql|createdb|pg_\w+|redis-cli|redis-server|promtool|jq|git|\w+\(\) \{)(?= |$)|^[A-Z][A-Z0-9_]*=/
const SETTING = /^\s*([A-Z][A-Z0-9_]*=\S*)?\s*(#.*)?$/
/** An option that a sentence is about, and not a command. */
const OPTION = /^curl -[\w-]+$/
const SHELL = new Set(['', 'sh', 'bash', 'console'])

export function commandsIn(page: string, markdown: string): Command[] {
  const commands: Command[] = []
  const lines = markdown.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const fence = /^(\s*)```(\w*)/.exec(lines[i] ?? '')
    if (!fence) {
      for (const text of inlineCommands(lines[i] ?? ''))
        commands.push({ page, line: i + 1, text, fenced: false })
      continue
    }
    const first = i + 1
    while (++i < lines.length && !/^\s*```\s*$/.test(lines[i] ?? ''));
    if (SHELL.has(fence[2] ?? ''))
      for (const { offset, text } of fencedCommands(lines.slice(first, i), fence[2] === 'sh'))
        commands.push({ page, line: first + offset + 1, text, fenced: true })
  }
  return commands
}

/** Where a line begins with `$ `, those are the commands and the rest is what they print. */
function fencedCommands(lines: string[], isAllShell: boolean): { offset: number; text: string }[] {
  // A file of settings is for the service, not for a shell.
  if (!isAllShell && lines.length > 1 && lines.every((line) => SETTING.test(line))) return []
  const hasPrompts = lines.some((line) => line.trim().startsWith('$ '))
  const found: { offset: number; text: string }[] = []
  for (let i = 0; i < lines.length; i++) {
    const offset = i
    let text = (lines[i] ?? '').trim()
    const isCommand = hasPrompts
      ? text.startsWith('$ ')
      : text !== '' && !text.startsWith('#') && (isAllShell || PROGRAM.test(text))
    if (!isCommand) continue
    while (text.endsWith('\\') && i + 1 < lines.length)
      text = `${text.slice(0, -1)}${(lines[++i] ?? '').trim()}`
    found.push({ offset, text: withoutRemark(text.replace(/^\$ /, '')) })
  }
  return found
}

/** Words behind a command: a comment, or a column of their own. */
function withoutRemark(text: string): string {
  return text.replace(/ {2,}#.*$| {3,}\S.*$/, '').trim()
}

function inlineCommands(line: string): string[] {
  const spans = [...line.matchAll(/`([^`]+)`/g)].map(([, code]) => (code ?? '').trim())
  const isCommand = (code: string) => PROGRAM.test(code) && / /.test(code) && !OPTION.test(code)
  return spans.filter(isCommand).flatMap(alternatives)
}

/** `a\|b` in a table is two commands, and what stands in brackets may be left out. */
export function alternatives(code: string): string[] {
  const optional = /^(.*?) ?\[([^\]]*)\](.*)$/.exec(code)
  if (optional) {
    const [, before, inner, after] = optional
    return [`${before}${after}`, `${before} ${inner}${after}`].flatMap(alternatives)
  }
  const choice = /(?<=^| )\S*\\\|\S*/.exec(code)
  if (!choice) return [code]
  return choice[0]
    .split('\\|')
    .flatMap((one) =>
      alternatives(`${code.slice(0, choice.index)}${one}${code.slice(choice.index + choice[0].length)}`),
    )
}
