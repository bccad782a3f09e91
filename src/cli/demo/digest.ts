/**
 * The work that the demo's handler does on an event: the SHA-256 of its text.
 *
 * @module
 */

/** SHA-256 of the text as UTF-8, in hexadecimal digits. */
export async function digestOf(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(bytes).toHex();
}
