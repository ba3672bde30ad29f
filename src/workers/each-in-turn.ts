/**
 * Does each, one after the other. They lie on several servers, and one that is away is no reason for the others to wait: the first failure is
 * thrown when all have been tried.
 */
export async function eachInTurn<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = []
  for (const item of items) await work(item).catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw failures[0]
}
