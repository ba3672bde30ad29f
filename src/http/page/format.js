/** Money, numbers and times as the reader's own language writes them. */
const numbers = new Intl.NumberFormat()
const instants = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const days = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' })

export const number = (value) => numbers.format(value)
export const instant = (text) => instants.format(new Date(text))
export const showTime = (text) => days.format(new Date(text))

/** An amount in the currency's minor unit. How many of those make one is the currency's own. */
export function money(minor, currency) {
  const format = new Intl.NumberFormat(undefined, { style: 'currency', currency })
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits)
}

/** What is left of a time, to the second: 9:05. */
export function clock(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** A wait in words, no more precise than it is known. */
export function roughly(seconds) {
  if (seconds < 5) return 'a moment'
  const [value, unit] =
    seconds < 90 ? [Math.ceil(seconds / 5) * 5, 'second'] : [Math.ceil(seconds / 60), 'minute']
  const format = new Intl.NumberFormat(undefined, { style: 'unit', unit, unitDisplay: 'long' })
  return `about ${format.format(value)}`
}

export const seats = (quantity) => (quantity === 1 ? '1 seat' : `${number(quantity)} seats`)
