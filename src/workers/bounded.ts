/** Runs `work` on each item, at most `concurrency` at a time, and lets every one end. @returns what the failed ones threw */
export async function bounded<T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<unknown>,
): Promise<unknown[]> {
  const errors: unknown[] = []
  const left = items.values()
  async function run(): Promise<void> {
    for (const item of left) await work(item).catch((error: unknown) => errors.push(error))
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, run))
  return errors
}
