/**
 * What is a name, an origin and a secret where a service is reached over HTTP: the same for the server and for the
 * configuration, which refuses what the server would refuse before anything is opened.
 *
 * @module
 */

/** What a token is, in words. Shorter ones can be guessed. */
export const HTTP_TOKEN_WANTED = "16 to 512 visible ASCII characters";

/** Whether only programs of this machine can reach what is bound to a name. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(hostname);
}

/** Whether a text can be a token. */
export function isHttpToken(text: string): boolean {
  return /^[\x21-\x7e]{16,512}$/.test(text);
}

/** Whether a text can be the value of the header Host, such as `events.example.com` or `10.0.0.5:8080`. */
export function isHttpHost(text: string): boolean {
  return /^[^\s/@?#\\*]+$/.test(text) && URL.parse(`http://${text}/`) !== null;
}

/** Whether a text is an origin as browsers send it, such as `https://app.example.com`; `*` is none. */
export function isHttpOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text &&
    !text.includes("*");
}
