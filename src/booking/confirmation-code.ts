import { randomInt } from 'node:crypto'

/** Letters and digits that are not mistaken for each other when read aloud or from paper: no 0 O 1 I L U V. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTWXYZ'
const LENGTH = 10

/** A new confirmation code: 10 characters, about 48 bits. PostgreSQL's unique index refuses the rare second one. */
export function confirmationCode(): string {
  let code = ''
  for (let i = 0; i < LENGTH; i++) code += ALPHABET[randomInt(ALPHABET.length)]
  return code
}
