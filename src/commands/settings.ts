import { settings as schema } from '../config.ts'
import type { Command } from './context.ts'

/** Prints every setting as a Markdown table; the README's is this one. */
export const settings: Command = async (_args, { print }) => {
  print(settingsTable())
  return 0
}

export function settingsTable(): string {
  const rows = Object.entries(schema.properties).map(([name, property]) => {
    const { default: value, description } = property as { default?: unknown; description?: string }
    const shown = value === undefined || value === '' ? '' : `\`${String(value)}\``
    return `| \`${name}\` | ${shown} | ${description ?? ''} |`
  })
  return ['| setting | default | meaning |', '|---|---|---|', ...rows].join('\n')
}
