/**
 * Texts of unknown origin made fit to be shown: one line that neither steers a terminal nor tells a secret. Logs, error
 * messages and dead letters all hold what somebody else has written (S28, S30).
 *
 * @module
 */

/** Control characters, format characters such as bidi marks, line separators, halves of surrogate pairs. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** User and password of a URL, up to the last `@` before a space or quote: passwords may hold `@` and `/` unescaped. */
const URL_USER = /:\/\/[^\s"'<>]*@/g;

/** A secret given by name, as in a query, in JSON or in a setting. */
const NAMED_SECRET =
  /(pass(?:word|wd)?|secret|token|api[_-]?key)([\\"']*\s*[=:]\s*)(\\*"[^"]*"|\\*'[^']*'|[^\s"'&,;}]+)/gi;

/**
 * Escapes every character that a terminal or a log reader could take for more than a character: `\n` becomes the two
 * characters `\` and `n`, others `\u001b` and the like. Inside of JSON text the result still means the same.
 */
export function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, escapeCharacter);
}

/** Replaces user and password of every URL, and values that are named password, secret, token or key, by `***`. */
export function withoutSecrets(text: string): string {
  return text.replace(URL_USER, "://***@").replace(NAMED_SECRET, "$1$2***");
}

/**
 * Cuts a text, never through a surrogate pair, and marks the cut with `…`.
 *
 * @param lengthMax At most so many UTF-16 units, the mark included; at least 1.
 */
export function cutText(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const last = text.charCodeAt(lengthMax - 2);
  const splitsPair = last >= 0xd800 && last < 0xdc00;
  return `${text.slice(0, splitsPair ? lengthMax - 2 : lengthMax - 1)}…`;
}

/**
 * All three: without secrets, cut, escaped.
 *
 * @param lengthMax At most so many UTF-16 units before escaping.
 */
export function printable(text: string, lengthMax: number): string {
  // A secret must not be cut in two before it is recognised; a text can be too long to search whole.
  return escapeUnprintable(cutText(withoutSecrets(text.slice(0, lengthMax * 4)), lengthMax));
}

function escapeCharacter(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  let escaped = "";
  for (let index = 0; index < character.length; index++) {
    escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }
  return escaped;
}
