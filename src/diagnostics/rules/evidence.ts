/** Profiles that go into a rule's artifact beside the windows of the CPU: as `go tool pprof` opens them. */
import type { BlockRecord } from '../beside/block-record.ts'
import { captures } from '../captures/registry.ts'
import type { TarFile } from '../flight/tar.ts'
import { limits } from '../limits.ts'
import type { ServerSide } from '../server/side.ts'

/** A profile made of what one process gave to a capture of that name. */
export async function profileFile(
  server: ServerSide,
  capture: string,
  file: string,
  part: { worker: number; value: unknown },
  params: object = {},
): Promise<TarFile> {
  const found = captures.find(({ name }) => name === capture)
  if (!found || found.where === 'server') throw new Error(`there is no capture ${capture} of a process`)
  const { body } = await found.finish([part], { format: 'pprof', debug: 0, ...params } as never, server)
  return { name: file, content: Buffer.from(body as Uint8Array) }
}

interface Blocks {
  records: BlockRecord[]
}

/** null: nobody answers. */
async function blocksOf(server: ServerSide, worker: number, sinceMs: number): Promise<Blocks | null> {
  const options = { timeoutMs: limits.questionTimeoutMs }
  const asked = await server
    .askEvery('beside:block', { seconds: 0 }, options, [worker])
    .catch(() => ({ parts: [] }))
  const [part] = asked.parts as { worker: number; value: { value: Blocks } }[]
  if (!part) return null
  const { records, ...rest } = part.value.value
  return {
    ...rest,
    records: records.filter(({ startedMs, durationMs }) => startedMs + durationMs >= sinceMs),
  }
}

/**
 * Waits until the block in which a rule fired is in the records: what ends it is the process's next heartbeat, and that comes after the
 * process answers again. Not for ever: it may have been silent for another reason.
 */
export async function untilBlockIsRecorded(
  server: ServerSide,
  worker: number,
  firedMs: number,
): Promise<void> {
  const endMs = Date.now() + limits.rules.recordedWithinMs
  while (Date.now() < endMs) {
    const blocks = await blocksOf(server, worker, firedMs)
    if (blocks === null || blocks.records.length > 0) return
    await new Promise((resolve) => setTimeout(resolve, limits.blockPollMs))
  }
}

/** Blocks of the event loop since then, as records and as a profile; nothing where there were none, or nobody answers. */
export async function blockFiles(server: ServerSide, worker: number, fromMs: number): Promise<TarFile[]> {
  const blocks = await blocksOf(server, worker, fromMs)
  if (blocks === null || blocks.records.length === 0) return []
  return [
    { name: 'blocks.json', content: Buffer.from(`${JSON.stringify(blocks.records, null, 1)}\n`) },
    await profileFile(server, 'block', 'block.pb.gz', { worker, value: blocks }),
  ]
}
