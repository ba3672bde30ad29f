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

/** Workers and routes, where they are known, stand below the root as functions do. */
export function labelFrames(labels: Readonly<Record<string, string>>): Frame[] {
  return ['worker', 'route'].flatMap((name) =>
    labels[name] ? [{ name: `${name} ${labels[name]}`, file: '', line: 0 }] : [],
  )
}
