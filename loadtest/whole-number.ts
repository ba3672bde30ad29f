/** Of an option of the command line. @throws RangeError for what is no whole number from 1 to `most` */
export function wholeNumber(text: string, most: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > most) throw new RangeError(text)
  return value
}
