import type { HeapProfiler } from 'node:inspector'
import { Function as Func, Line, Location, Profile, Sample, StringTable, ValueType } from 'pprof-format'
import { objectsIn } from './allocated-objects.ts'

/** As the protocol has it; the types of Node know less. https://chromedevtools.github.io/devtools-protocol/tot/HeapProfiler/ */
type Node = HeapProfiler.SamplingHeapProfileNode & { id: number; children: Node[] }

export interface SamplingProfile {
  head: Node
  samples: { size: number; nodeId: number; ordinal: number }[]
}

/**
 * What the inspector's sampling heap profiler saw, as pprof: alloc_objects/count and alloc_space/bytes. The objects are reckoned: see
 * allocated-objects.ts.
 */
export function pprofOfSampling(
  profile: SamplingProfile,
  intervalBytes: number,
  startedMs: number,
  durationMs: number,
): Uint8Array<ArrayBuffer> {
  const strings = new StringTable()
  const text = (value: string) => strings.dedup(value)
  const functions: Func[] = []
  const locations: Location[] = []
  const samples: Sample[] = []
  const ids = new Map<string, number>()
  const objects = new Map<number, number>()
  for (const { nodeId, size } of profile.samples)
    objects.set(nodeId, (objects.get(nodeId) ?? 0) + objectsIn(size, intervalBytes))

  function locationOf({
    functionName,
    url,
    lineNumber,
  }: HeapProfiler.SamplingHeapProfileNode['callFrame']): number {
    const name = functionName || '(anonymous)'
    const file = url.startsWith('file://') ? decodeURIComponent(url.slice('file://'.length)) : url
    const key = `${name}\n${file}\n${lineNumber}`
    const known = ids.get(key)
    if (known !== undefined) return known
    const id = locations.length + 1
    const line = lineNumber + 1
    functions.push(
      new Func({ id, name: text(name), systemName: text(name), filename: text(file), startLine: line }),
    )
    locations.push(new Location({ id, line: [new Line({ functionId: id, line })] }))
    ids.set(key, id)
    return id
  }

  // A stack of its own: a call chain may be deeper than ours may be.
  const left = [{ node: profile.head, stack: [] as number[] }]
  for (let next = left.pop(); next; next = left.pop()) {
    const { node, stack } = next
    const isRoot = node === profile.head
    const here = isRoot ? stack : [locationOf(node.callFrame), ...stack]
    if (node.selfSize > 0) {
      samples.push(new Sample({ locationId: here, value: [objects.get(node.id) ?? 0, node.selfSize] }))
    }
    for (const child of node.children) left.push({ node: child, stack: here })
  }
  return new Profile({
    sampleType: [
      new ValueType({ type: text('alloc_objects'), unit: text('count') }),
      new ValueType({ type: text('alloc_space'), unit: text('bytes') }),
    ],
    sample: samples,
    location: locations,
    function: functions,
    stringTable: strings,
    timeNanos: BigInt(Math.round(startedMs)) * 1_000_000n,
    durationNanos: BigInt(Math.round(durationMs)) * 1_000_000n,
    periodType: new ValueType({ type: text('space'), unit: text('bytes') }),
    period: intervalBytes,
  }).encode() as Uint8Array<ArrayBuffer>
}
