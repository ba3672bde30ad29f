import { pathToFileURL } from 'node:url'
import type { Frame } from './stacks.ts'

/** Runtime.CallFrame of the DevTools protocol, without what a merged profile does not know. */
export interface CallFrame {
  functionName: string
  scriptId: string
  url: string
  lineNumber: number
  columnNumber: number
}

export function callFrameOf({ name, file, line }: Frame): CallFrame {
  const url = file.startsWith('/') ? pathToFileURL(file).href : file
  // DevTools counts lines from 0.
  return { functionName: name, scriptId: '0', url, lineNumber: Math.max(line - 1, -1), columnNumber: 0 }
}

/** Workers and routes, where they are known, stand below the root as functions do. The frame of a label is made once. */
export function makeLabelFrames(): (labels: Readonly<Record<string, string>>) => Frame[] {
  const made = new Map<string, Frame>()
  return (labels) =>
    ['worker', 'route'].flatMap((of) => {
      if (!labels[of]) return []
      const name = `${of} ${labels[of]}`
      let frame = made.get(name)
      if (!frame) {
        frame = { name, file: '', line: 0 }
        made.set(name, frame)
      }
      return [frame]
    })
}
