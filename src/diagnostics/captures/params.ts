/** Parameters of a capture, declared once: checked strictly, shown on the index, typed in `run`. */
import { Refusal } from '../refusal.ts'

export interface IntegerParam {
  kind: 'integer'
  min: number
  max: number
  /** Without one the parameter may be left out and is undefined. */
  default?: number
  meaning: string
}

export interface ChoiceParam<T extends string = string> {
  kind: 'choice'
  of: readonly T[]
  default: T
  meaning: string
}

export type ParamSpecs = Readonly<Record<string, IntegerParam | ChoiceParam>>

export type ParamsOf<S extends ParamSpecs> = {
  [Name in keyof S]: S[Name] extends ChoiceParam<infer T>
    ? T
    : S[Name] extends { default: number }
      ? number
      : number | undefined
}

export function integer<const D extends number>(
  min: number,
  max: number,
  byDefault: D,
  meaning: string,
): IntegerParam & { default: number } {
  return { kind: 'integer', min, max, default: byDefault, meaning }
}

export function optionalInteger(min: number, max: number, meaning: string): Omit<IntegerParam, 'default'> {
  return { kind: 'integer', min, max, meaning }
}

export function choice<const T extends string>(
  of: readonly T[],
  byDefault: T,
  meaning: string,
): ChoiceParam<T> {
  return { kind: 'choice', of, default: byDefault, meaning }
}

/** @throws Refusal unknown_parameter, repeated_parameter, bad_parameter (400) */
export function parseParams<S extends ParamSpecs>(specs: S, query: URLSearchParams): ParamsOf<S> {
  for (const name of new Set(query.keys())) {
    if (!Object.hasOwn(specs, name)) {
      const known = Object.keys(specs).join(', ') || 'none'
      throw refused('unknown_parameter', `${short(name)} is not a parameter here; known: ${known}`)
    }
    if (query.getAll(name).length > 1) throw refused('repeated_parameter', `${name} was given more than once`)
  }
  const values: Record<string, string | number | undefined> = {}
  for (const [name, spec] of Object.entries(specs)) values[name] = parsedValue(name, spec, query.get(name))
  return values as ParamsOf<S>
}

function parsedValue(
  name: string,
  spec: IntegerParam | ChoiceParam,
  given: string | null,
): string | number | undefined {
  if (given === null) return spec.default
  if (spec.kind === 'choice') {
    if (spec.of.includes(given)) return given
    throw refused('bad_parameter', `${name} must be one of ${spec.of.join(', ')}`)
  }
  const value = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN
  if (value >= spec.min && value <= spec.max) return value
  throw refused('bad_parameter', `${name} must be a whole number from ${spec.min} to ${spec.max}`)
}

function refused(code: string, message: string): Refusal {
  return new Refusal({ status: 400, code, message })
}

function short(name: string): string {
  return JSON.stringify(name.slice(0, 40))
}
