import { wholeNumber } from './whole-number.ts'

/** `30s`, `10m` or a number of seconds. @throws RangeError for what is none of them, or longer than `mostSeconds` */
export function durationSeconds(text: string, mostSeconds: number): number {
  const [, amount, unit] = /^(\d+)(s|m)?$/.exec(text) ?? []
  return wholeNumber(`${Number(amount) * (unit === 'm' ? 60 : 1)}`, mostSeconds)
}
