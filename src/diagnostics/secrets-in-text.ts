/**
 * What a secret is called and what it looks like inside of a text. Rather too much is removed than too little. Every repetition has a bound, so
 * that no text makes it slow: some of what it is given comes from strangers.
 */
export const REMOVED = '[removed]'

/** Of a text no more is looked at, and so no more is ever shown. */
const TEXT_MAX_CHARACTERS = 16 * 1024

const WORDS = 'secret|token|passw|pwd|credential|authorization|cookie|signature|dsn|jwt|private|api[_-]?key'
const SECRET_NAME = new RegExp(`${WORDS}|(^|[_-])auth|([_-]|^)key$|Key$|^sig$`, 'i')
/** Such a name in a text, from the word that gives it away to its end. */
const NAME = `(?:(?:${WORDS})[\\w.-]{0,40}|(?<![a-z0-9])auth[\\w.-]{0,40}|key|(?<![a-z0-9])sig)(?:\\]|%5D)?`
/** Up to white space: a password may have any other character. */
const VALUE = `(?!\\[removed\\])(?:'(?:[^'\\\\]|\\\\.)*'|"(?:[^"\\\\]|\\\\.)*"|\\S+)`

const PEM = /-----BEGIN [^-]*-----/
/** A JWT, and what follows Bearer or Basic. */
const TOKEN = /\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*|\b(?:Bearer|Basic) [\w.~+/=-]{8,}/gi
/**
 * What stands before the last @ of an address: a password may have one in it, and a slash where nobody encoded it. Behind what may be a port
 * an @ is of the path, as in node_modules.
 */
const USER_IN_URL =
  /:\/\/(?:[^\s/?#@:]{0,256}:(?!\d{1,5}(?:[\s/?#,;"')\]}]|$))\S{0,2048}|[^\s/?#"<>]{0,2048})@/g
/** ?token=…&, #access_token=…, ?user[password]=… */
const IN_QUERY = new RegExp(`([?&#;][\\w.%[\\]-]{0,60}?${NAME}=)[^&#\\s"'<>]*`, 'gi')
/** password=…, as libpq and shells have it, and --token=… */
const ASSIGNED = new RegExp(`(${NAME}[ \\t]{0,9}=(?![=>])[ \\t]{0,9})${VALUE}`, 'gi')
/** --token … */
const ARGUMENT = new RegExp(`((?:^|\\s)--?[\\w-]{0,60}?${NAME}[ \\t]{1,9})${VALUE}`, 'gi')
/** "token": "…" */
const IN_JSON = new RegExp(`(${NAME}["']\\s{0,9}:\\s{0,9})${VALUE}`, 'gi')

const PLACES = [IN_QUERY, ASSIGNED, ARGUMENT, IN_JSON]
const ANY_NAME = new RegExp(`${WORDS}|auth|key|sig`, 'i')

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}

/** A word of a command line whose value is the next one. */
export function announcesSecret(word: string): boolean {
  return /^--?[\w-]+$/.test(word) && SECRET_NAME.test(word.replace(/^--?/, ''))
}

/** A word of a command line: what it gives to a secret's name is removed whole, with the spaces in it. */
export function wordWithoutSecrets(word: string, maxCharacters: number): string {
  const [given = '', name = ''] = /^(?:--?)?([\w.-]+)=/.exec(word) ?? []
  return SECRET_NAME.test(name) ? given + REMOVED : textWithoutSecrets(word, maxCharacters)
}

export function textWithoutSecrets(text: string, maxCharacters: number): string {
  const seen = text.slice(0, TEXT_MAX_CHARACTERS)
  if (PEM.test(seen)) return REMOVED
  let plain = seen.replaceAll(USER_IN_URL, `://${REMOVED}@`).replaceAll(TOKEN, REMOVED)
  // Most texts name none, and a report has thousands of them.
  if (ANY_NAME.test(plain)) for (const place of PLACES) plain = plain.replaceAll(place, `$1${REMOVED}`)
  return plain.length > maxCharacters ? `${plain.slice(0, maxCharacters)}…` : plain
}
