/** What a process may be: the API, the background work behind it, or both. */
export const roles = ['all', 'api', 'worker'] as const
export type Role = (typeof roles)[number]

export function isRole(word: string): word is Role {
  return (roles as readonly string[]).includes(word)
}
