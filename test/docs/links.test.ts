/** Links within the documentation lead to a file, and to a heading of it. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { test } from 'node:test'
import { pages, root } from './commands.ts'

const read = (path: string) => readFileSync(resolve(root, path), 'utf8')

/** What stands in fences and in code is no link and no heading. */
const prose = (markdown: string) =>
  markdown.replaceAll(/^\s*```[\s\S]*?^\s*```/gm, '').replaceAll(/`[^`\n]*\]\([^`\n]*`/g, '')

/** As GitHub makes them: letters, digits, - and _ stay; spaces become -. */
function anchorsOf(markdown: string): Set<string> {
  const headings = [...prose(markdown).matchAll(/^#+ +(.+)$/gm)].map(([, text]) => text ?? '')
  const words = (heading: string) => heading.toLowerCase().replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
  return new Set(
    headings.map((one) =>
      words(one)
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

test('every link of every page leads to a file that is there, and to a heading in it', () => {
  const broken: string[] = []
  for (const page of pages()) {
    for (const [, link] of prose(read(page)).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [path = '', anchor] = (link ?? '').split('#')
      const target = path === '' ? resolve(root, page) : resolve(root, dirname(page), path)
      if (!existsSync(target)) broken.push(`${page}: ${link}`)
      else if (
        anchor !== undefined &&
        target.endsWith('.md') &&
        !anchorsOf(readFileSync(target, 'utf8')).has(anchor)
      )
        broken.push(`${page}: ${link} (no such heading)`)
    }
  }
  assert.deepEqual(broken, [])
})

test('every page is reached from docs/README.md', () => {
  const reached = new Set<string>()
  const follow = (page: string): void => {
    if (reached.has(page)) return
    reached.add(page)
    for (const [, link] of prose(read(page)).matchAll(/\]\((?!https?:)([^)#\s]+)/g)) {
      const target = resolve(root, dirname(page), link ?? '').slice(root.length + 1)
      if (target.endsWith('.md') && existsSync(resolve(root, target))) follow(target)
    }
  }
  follow('docs/README.md')
  assert.deepEqual(
    pages().filter((page) => !reached.has(page)),
    [],
  )
})
