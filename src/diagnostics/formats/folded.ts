import type { Frame, Stacks } from './stacks.ts'

/** Brendan Gregg's folded stacks: a line for each stack, frames from the root with semicolons between, then the value. */
export function foldedOf({ stacks }: Stacks): string {
  const sums = new Map<string, number>()
  for (const { frames, value, labels } of stacks) {
    const roots = ['worker', 'route'].flatMap((name) =>
      labels[name] ? [clean(`${name}:${labels[name]}`)] : [],
    )
    const line = [...roots, ...frames.map(frameText)].join(';')
    sums.set(line, (sums.get(line) ?? 0) + value)
  }
  return [...sums].map(([line, value]) => `${line} ${Math.round(value)}\n`).join('')
}

function frameText({ name, file, line }: Frame): string {
  return clean(file ? `${name} (${file}:${line})` : name)
}

function clean(text: string): string {
  return text.replaceAll(';', ',').replaceAll(/\s*\n\s*/g, ' ')
}
