/** The run id in what INFO server says: a new one for every start of a server. */
export function runIdOf(info: string): string {
  return /^run_id:(\w+)/m.exec(info)?.[1] ?? ''
}
