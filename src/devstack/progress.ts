const firstLineMs = 2_000
const nextLineMs = 5_000

/** Says what is going on for anything that takes over two seconds, and again every five. */
export async function withProgress<T>(
  report: (line: string) => void,
  label: string,
  work: Promise<T>,
): Promise<T> {
  const startedMs = performance.now()
  let timer: NodeJS.Timeout
  const say = (): void => {
    report(`${label} … ${Math.round((performance.now() - startedMs) / 1000)} s`)
    timer = setTimeout(say, nextLineMs)
  }
  timer = setTimeout(say, firstLineMs)
  try {
    return await work
  } finally {
    clearTimeout(timer)
  }
}
