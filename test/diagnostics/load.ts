interface Cleanup {
  after(work: () => unknown): void
}

/** Asks for each of the paths so many times a second, from here, until the test ends. A request that fails is one of the load. */
export function drive(t: Cleanup, appUrl: string, perSecond: Record<string, number>): void {
  const timers = Object.entries(perSecond).map(([path, rate]) =>
    setInterval(() => {
      fetch(`${appUrl}${path}`)
        .then((response) => response.text())
        .catch(() => {})
    }, 1000 / rate),
  )
  t.after(() => timers.forEach(clearInterval))
}
