/** Milliseconds of the one clock that all threads of a process share, unlike performance.now(); it stands still while the machine sleeps. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
