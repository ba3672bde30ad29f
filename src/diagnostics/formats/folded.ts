import { type Budget, CHARACTER_BYTES } from './budget.ts'
import type { Frame, Stacks } from './stacks.ts'

/** Of one line, without its text. */
const LINE_BYTES = 100

/** Brendan Gregg's folded stacks: a line for each stack, frames from the root with semicolons between, then the value. */
export function foldedOf({ stacks }: Stacks, budget: Budget): string {
  const sums = new Map<string, number>()
  const texts = new Map<Frame, string>()
  const textOf = (frame: Frame) => {
    let text = texts.get(frame)
    if (text === undefined) {
      budget.spend(LINE_BYTES + CHARACTER_BYTES * (frame.name.length + frame.file.length))
      text = frameText(frame)
      texts.set(frame, text)
    }
    // Every stack writes it anew.
    budget.spend(CHARACTER_BYTES * (text.length + 1))
    return text
  }
  for (const { frames, value, labels } of stacks) {
    budget.spend(LINE_BYTES)
    const roots = ['worker', 'route'].flatMap((name) => {
      const label = labels[name]
      if (!label) return []
      budget.spend(CHARACTER_BYTES * label.length)
      return [clean(`${name}:${label}`)]
    })
    const line = [...roots, ...frames.map(textOf)].join(';')
    sums.set(line, (sums.get(line) ?? 0) + value)
  }
  return [...sums].map(([line, value]) => `${line} ${Math.round(value)}\n`).join('')
}

function frameText({ name, file, line }: Frame): string {
  return clean(file ? `${name} (${file}:${line})` : name)
}

function clean(text: string): string {
  return text.replaceAll(';', ',').replaceAll(/\s+/g, (space) => (space.includes('\n') ? ' ' : space))
}
