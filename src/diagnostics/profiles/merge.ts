/** Merging pprof profiles: pure functions of bytes, apart from how the bytes came here. */
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
import { signedValue } from './value.ts'

export interface ProfilePart {
  /** pprof, not compressed. */
  profile: Uint8Array
  /** Labels that every sample of this part is given. */
  labels: Readonly<Record<string, string>>
}

interface Types {
  names: string[]
  period: number
}

/**
 * One profile from many of the same sample types: samples of the same stack and labels are added up, so every sum is exact. The time is
 * the earliest, the duration the longest of one label set (parts with equal labels follow each other, others ran beside each other).
 *
 * @throws when there is no part, or the sample types differ
 */
export function mergeProfiles(parts: readonly ProfilePart[]): Profile {
  const [first] = parts
  if (!first) throw new Error('there is no profile to merge')
  const strings = new StringTable()
  const text = (value: string) => strings.dedup(value)
  const functions = new Map<string, Func>()
  const locations = new Map<string, Location>()
  const samples = new Map<string, { value: number[]; sample: Sample }>()
  const durations = new Map<string, number>()
  let types: Types | null = null
  let sampleType: ValueType[] = []
  let periodType: ValueType | undefined
  let timeNanos = Number.POSITIVE_INFINITY

  for (const part of parts) {
    const profile = Profile.decode(part.profile)
    const of = (index: number | bigint) => profile.stringTable.strings[Number(index)] ?? ''
    const typeOf = ({ type, unit }: ValueType) =>
      new ValueType({ type: text(of(type)), unit: text(of(unit)) })
    const names = profile.sampleType.map(({ type, unit }) => `${of(type)}/${of(unit)}`)
    if (!types) {
      types = { names, period: Number(profile.period) }
      sampleType = profile.sampleType.map(typeOf)
      periodType = profile.periodType && typeOf(profile.periodType)
    } else if (names.join() !== types.names.join()) {
      throw new Error(`profiles of ${names.join()} and of ${types.names.join()} do not add up`)
    }
    timeNanos = Math.min(timeNanos, Number(profile.timeNanos))
    const group = JSON.stringify(part.labels)
    durations.set(group, (durations.get(group) ?? 0) + Number(profile.durationNanos))

    const ids = locationIds(profile, of, { text, functions, locations })
    const added = Object.entries(part.labels).map(
      ([key, str]) => new Label({ key: text(key), str: text(str) }),
    )
    const addedKey = added.map(labelKey).join()
    for (const { locationId, value, label } of profile.sample) {
      const labels = label.map((one) => new Label(translated(one, of, text)))
      const stack = locationId.map((id) => ids.get(Number(id)) ?? 0)
      const key = `${stack.join()}|${labels.map(labelKey).sort().join()}|${addedKey}`
      const known = samples.get(key)
      if (known) {
        for (let index = 0; index < value.length; index++)
          known.value[index] = (known.value[index] ?? 0) + signedValue(value[index])
      } else {
        const sample = new Sample({ locationId: stack, value: [], label: [...labels, ...added] })
        samples.set(key, { value: value.map(signedValue), sample })
      }
    }
  }

  return new Profile({
    sampleType,
    sample: [...samples.values()].map(({ value, sample }) => {
      sample.value = value
      return sample
    }),
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
    timeNanos: BigInt(Math.round(timeNanos)),
    durationNanos: Math.max(...durations.values()),
    ...(periodType ? { periodType } : {}),
    period: types?.period ?? 0,
  })
}

interface Tables {
  text(value: string): number
  functions: Map<string, Func>
  locations: Map<string, Location>
}

/** The merged ids of a profile's locations, entering those that are new. */
function locationIds(
  profile: Profile,
  of: (index: number | bigint) => string,
  tables: Tables,
): Map<number, number> {
  const { text, functions, locations } = tables
  const byId = new Map(profile.function.map((one) => [Number(one.id), one]))
  const ids = new Map<number, number>()
  for (const location of profile.location) {
    const lines = location.line.map(({ functionId, line }) => {
      const source = byId.get(Number(functionId))
      const [name, file, startLine] = [
        of(source?.name ?? 0),
        of(source?.filename ?? 0),
        Number(source?.startLine ?? 0),
      ]
      const key = `${name}\n${file}\n${startLine}`
      let found = functions.get(key)
      if (!found) {
        const id = functions.size + 1
        found = new Func({ id, name: text(name), systemName: text(name), filename: text(file), startLine })
        functions.set(key, found)
      }
      return new Line({ functionId: found.id, line })
    })
    const key = lines.map(({ functionId, line }) => `${functionId}:${line}`).join()
    let found = locations.get(key)
    if (!found) {
      found = new Location({ id: locations.size + 1, mappingId: 1, line: lines })
      locations.set(key, found)
    }
    ids.set(Number(location.id), Number(found.id))
  }
  return ids
}

function translated(
  { key, str, num, numUnit }: Label,
  of: (index: number | bigint) => string,
  text: (value: string) => number,
) {
  return { key: text(of(key)), str: text(of(str)), num, numUnit: text(of(numUnit)) }
}

function labelKey({ key, str, num, numUnit }: Label): string {
  return `${key}:${str}:${num}:${numUnit}`
}
