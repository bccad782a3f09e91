/**
 * Who may do what: one token to read, another one to change things (S1). Tokens are compared by their hashes and in
 * constant time, so that an answer's delay tells nothing of them.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";
import { InvalidOptionError } from "../domain/errors.ts";
import { HTTP_TOKEN_WANTED, isHttpToken } from "../domain/http_names.ts";

/** The secrets of an HTTP server. With none of them everybody who reaches it may do everything. */
export interface HttpTokens {
  /** Allows to read: GET and HEAD. */
  readonly read?: string;
  /** Allows everything. Without it nothing can be changed once there is a token to read. */
  readonly control?: string;
}

/** What a request may do. */
export type Access = "none" | "read" | "control";

/** Knows the tokens, as hashes only. */
export class TokenCheck {
  readonly #read: Uint8Array | null;
  readonly #control: Uint8Array | null;

  /**
   * Takes the tokens.
   *
   * @param tokens The tokens.
   * @throws {InvalidOptionError} For one that is not of 16 to 512 visible ASCII characters, or for two equal ones.
   */
  constructor(tokens: HttpTokens = {}) {
    this.#read = hashOf("tokens.read", tokens.read);
    this.#control = hashOf("tokens.control", tokens.control);
    if (tokens.read !== undefined && tokens.read === tokens.control) {
      throw new InvalidOptionError("tokens.read", "the same as the other one", "two tokens");
    }
  }

  /** Whether there is a token at all. */
  get isNeeded(): boolean {
    return this.#read !== null || this.#control !== null;
  }

  /** Whether anybody can change things. */
  get canControl(): boolean {
    return this.#control !== null || !this.isNeeded;
  }

  /**
   * What the header Authorization allows.
   *
   * @param authorization Its value, `null` for none.
   */
  accessOf(authorization: string | null): Access {
    if (!this.isNeeded) return "control";
    const token = /^bearer +([\x21-\x7e]{1,512})$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) return "none";
    const hash = sha256(token);
    // Both are always compared, so that the time does not tell which one is set.
    const controls = timingSafeEqual(hash, this.#control ?? hash) && this.#control !== null;
    const reads = timingSafeEqual(hash, this.#read ?? hash) && this.#read !== null;
    return controls ? "control" : reads ? "read" : "none";
  }
}

function hashOf(option: string, token: string | undefined): Uint8Array | null {
  if (token === undefined) return null;
  if (!isHttpToken(token)) {
    // Never the token itself.
    throw new InvalidOptionError(option, `a text of length ${token.length}`, HTTP_TOKEN_WANTED);
  }
  return sha256(token);
}

function sha256(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
