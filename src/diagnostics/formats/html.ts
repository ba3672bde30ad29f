/** One HTML file with everything in it: it opens from disk, without a network, years later. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Budget } from './budget.ts'
import type { Stacks } from './stacks.ts'
import { viewerProfileOf } from './viewer.ts'

const FOLDER = join(import.meta.dirname, '../server/ui')

/** The scripts are the live page's own; they import nothing but each other, so that they can stand in one. */
const SCRIPTS = ['flame-tree.js', 'flame.js', 'functions.js', 'units.js', 'html-file.js'] as const
const STYLES = ['colours.css', 'flame.css', 'html-file.css'] as const

/** Of each character of the data, which is copied with what stands for a `<`, and into the page. */
const DATA_BYTES = 4
const ESCAPED_BYTES = 5 * DATA_BYTES

export async function htmlOf(stacks: Stacks, name: string, budget: Budget): Promise<string> {
  const script = (await Promise.all(SCRIPTS.map(read))).map(withoutModules).join('\n')
  const style = (await Promise.all(STYLES.map(read))).join('\n')
  const json = JSON.stringify(viewerProfileOf(stacks, [stacks.type], budget))
  budget.spend(DATA_BYTES * json.length)
  // Within a script element only this could end it.
  const data = json.replaceAll('<', () => {
    budget.spend(ESCAPED_BYTES)
    return '\\u003c'
  })
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src '${hashed(script)}'; style-src '${hashed(style)}'">
<title>${name}</title>
<style>${style}</style>
</head>
<body>
<main id="main"></main>
<script type="application/json" id="profile">${data}</script>
<script type="module">${script}</script>
</body>
</html>
`
}

function read(name: string): Promise<string> {
  return readFile(join(FOLDER, name), 'utf8')
}

function withoutModules(text: string): string {
  return text.replaceAll(/^import .*$/gm, '').replaceAll(/^export /gm, '')
}

function hashed(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
