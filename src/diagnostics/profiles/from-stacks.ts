/** A pprof profile of stacks that were counted by ourselves. */
import {
  Function as Func,
  Label,
  Line,
  Location,
  Mapping,
  Profile,
  Sample,
  StringTable,
  ValueType,
} from 'pprof-format'

export interface CountedStack {
  /** From the leaf to the root. */
  frames: readonly { name: string; file?: string; line?: number }[]
  /** One for each type. */
  values: readonly number[]
  labels: Readonly<Record<string, string>>
}

/** @param types name and unit, as go tool pprof shows them; the last is the one it shows by itself */
export function profileFromStacks(
  types: readonly (readonly [type: string, unit: string])[],
  stacks: readonly CountedStack[],
  { startedMs, durationMs }: { startedMs: number; durationMs: number },
): Profile {
  const strings = new StringTable()
  const text = (value: string) => strings.dedup(value)
  const functions = new Map<string, Func>()
  const locations = new Map<string, Location>()

  function locationOf({ name, file = '', line = 0 }: CountedStack['frames'][number]): number {
    const of = `${name}\n${file}`
    let func = functions.get(of)
    if (!func) {
      func = new Func({
        id: functions.size + 1,
        name: text(name),
        systemName: text(name),
        filename: text(file),
      })
      functions.set(of, func)
    }
    const key = `${of}\n${line}`
    let location = locations.get(key)
    if (!location) {
      const lines = [new Line({ functionId: func.id, line })]
      location = new Location({ id: locations.size + 1, mappingId: 1, line: lines })
      locations.set(key, location)
    }
    return Number(location.id)
  }

  const sampleType = types.map(([type, unit]) => new ValueType({ type: text(type), unit: text(unit) }))
  const [first] = types
  return new Profile({
    sampleType,
    sample: stacks.map(
      ({ frames, values, labels }) =>
        new Sample({
          locationId: frames.map(locationOf),
          value: values.map(Math.round),
          label: Object.entries(labels).map(([key, str]) => new Label({ key: text(key), str: text(str) })),
        }),
    ),
    // go tool pprof asks a server for symbols unless a mapping says that they are there.
    mapping: [
      new Mapping({
        id: 1,
        filename: text('node'),
        hasFunctions: true,
        hasFilenames: true,
        hasLineNumbers: true,
      }),
    ],
    location: [...locations.values()],
    function: [...functions.values()],
    stringTable: strings,
    timeNanos: BigInt(Math.round(startedMs * 1e6)),
    durationNanos: Math.round(durationMs * 1e6),
    periodType: new ValueType({ type: text(first?.[0] ?? ''), unit: text(first?.[1] ?? '') }),
    period: 1,
  })
}
