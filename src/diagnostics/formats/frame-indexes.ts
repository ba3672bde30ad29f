import { type Budget, CHARACTER_BYTES, JSON_CHARACTER_BYTES } from './budget.ts'
import type { Frame } from './stacks.ts'

/** Of one frame: its object, its key and its places in maps. */
const FRAME_BYTES = 300
/** Of its number in one stack, and in JSON. */
const INDEX_BYTES = 20
/** Of each character: in the key and in JSON. */
const TEXT_BYTES = CHARACTER_BYTES + JSON_CHARACTER_BYTES

/** Frames once each, by number. A frame that was seen costs no text: names may be long, and stacks many. */
export function makeFrameIndexes(budget: Budget) {
  const frames: Frame[] = []
  const byFrame = new Map<Frame, number>()
  const byKey = new Map<string, number>()

  function indexOf(frame: Frame): number {
    budget.spend(INDEX_BYTES)
    const known = byFrame.get(frame)
    if (known !== undefined) return known
    budget.spend(FRAME_BYTES + TEXT_BYTES * (frame.name.length + frame.file.length))
    const key = `${frame.name}\n${frame.file}\n${frame.line}`
    let index = byKey.get(key)
    if (index === undefined) {
      index = frames.length
      frames.push(frame)
      byKey.set(key, index)
    }
    byFrame.set(frame, index)
    return index
  }

  return { frames: frames as readonly Frame[], indexOf }
}
