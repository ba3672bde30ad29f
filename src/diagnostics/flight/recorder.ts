/** The flight recorder of the server thread: takes what the processes tell, so what happened is here while they are blocked, or dead. */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { limits } from '../limits.ts'
import type { News } from './news.ts'
import { type KeptSecond, type KeptWindow, makeRing } from './ring.ts'

const compress = promisify(gzip)

export type Recorder = ReturnType<typeof makeRecorder>

export function makeRecorder() {
  const ring = makeRing(limits.flight)
  const onWindow = new Set<(window: KeptWindow) => void>()
  const onSecond = new Set<(second: KeptSecond) => void>()
  /** Windows that are being compressed, and their bytes. A process that tells more than can be is not listened to meanwhile. */
  let compressing = 0
  let compressingBytes = 0

  async function keep(worker: number, { window, slowest }: Extract<News, { what: 'window' }>): Promise<void> {
    const { byteLength } = window.profile
    if (compressing >= limits.flight.compressingMax) return
    if (compressingBytes + byteLength > limits.flight.compressingMaxBytes) return
    compressing++
    compressingBytes += byteLength
    try {
      const { profile, startedMs, endedMs, rateHertz, stallMs, cpuMs } = window
      // Level 1: most of the gain for a third of the work. Copied: a small one would hold all of Node's pool of buffers that it is a piece of.
      const packed = new Uint8Array(await compress(profile, { level: 1 }))
      const kept = { worker, startedMs, endedMs, rateHertz, stallMs, cpuMs, profile: packed, slowest }
      ring.addWindow(kept)
      for (const listener of onWindow) listener(kept)
    } finally {
      compressing--
      compressingBytes -= byteLength
    }
  }

  return {
    ring,
    receive(worker: number, news: News): void {
      if (news.what === 'window') return void keep(worker, news)
      const second = { worker, ...news.second }
      ring.addSecond(second)
      for (const listener of onSecond) listener(second)
    },
    onWindow(listener: (window: KeptWindow) => void): () => void {
      onWindow.add(listener)
      return () => void onWindow.delete(listener)
    },
    onSecond(listener: (second: KeptSecond) => void): () => void {
      onSecond.add(listener)
      return () => void onSecond.delete(listener)
    },
  }
}
