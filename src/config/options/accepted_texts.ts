/**
 * What texts some options take: the words that a fault shows, and the check.
 *
 * @module
 */

import {
  HTTP_TOKEN_WANTED,
  isHttpHost,
  isHttpOrigin,
  isHttpToken,
} from "../../domain/http_names.ts";
import { checkName } from "../../domain/names.ts";
import { checkRunKind } from "../../domain/run.ts";
import type { TextOption } from "../option.ts";

/** What a text option takes. */
type AcceptedText = Pick<TextOption, "form" | "wanted" | "accepts">;

/** A name of a group or a consumer. */
export const NAME: AcceptedText = {
  form: "name",
  wanted: "1 to 256 bytes of printable text without a space at either end",
  accepts: (text) => isName("consumer", text),
};

/** A name of a stream: its braces decide the slot in Redis Cluster, so they must be clear. */
export const STREAM_NAME: AcceptedText = {
  form: "name",
  wanted:
    "1 to 256 bytes of printable text without a space at either end, and no braces but one pair such as {eu}orders",
  accepts: (text) => isName("stream", text),
};

/** A module that can be imported. */
export const MODULE: AcceptedText = {
  form: "module",
  wanted: "a path such as ./handler.ts, or a file:, jsr:, npm: or https: module",
  accepts: isModule,
};

/** The Redis server. */
export const REDIS_URL: AcceptedText = {
  form: "URL",
  wanted:
    "a URL such as redis://host:6379/0 or rediss://host:6380, user:password@ before the host, a % in them as %25",
  accepts: isRedisUrl,
};

/** A file that need not be there. */
export const FILE: AcceptedText = {
  form: "file",
  wanted: "a path of printable text, or :memory:",
  accepts: isOneLine,
};

/** What a server listens at. */
export const LISTEN_NAME: AcceptedText = {
  form: "address or name",
  wanted: "an address or a name without a port, such as 127.0.0.1, ::1 or 0.0.0.0",
  accepts: (text) =>
    /^[\da-z]([\da-z.-]*[\da-z])?$/i.test(text) ||
    /^[\da-f:.]+$/i.test(text) && URL.parse(`http://[${text}]/`) !== null,
};

/** A secret that a client of the HTTP server sends. */
export const HTTP_TOKEN: AcceptedText = {
  form: "secret",
  wanted: HTTP_TOKEN_WANTED,
  accepts: isHttpToken,
};

/** Values of the header Host. */
export const HTTP_HOSTS: AcceptedText = {
  form: "hosts",
  wanted: "hosts with commas between them, such as events.example.com, 10.0.0.5:7070",
  accepts: (text) => partsOf(text).every(isHttpHost),
};

/** Values of the header Origin. */
export const HTTP_ORIGINS: AcceptedText = {
  form: "origins",
  wanted: "origins with commas between them, such as https://app.example.com",
  accepts: (text) => partsOf(text).every(isHttpOrigin),
};

/** The name of a kind of runs. */
export const RUN_KIND: AcceptedText = {
  form: "name",
  wanted: "a letter or digit, then at most 127 of A-Z, a-z, 0-9, dot, _ and -",
  accepts: isRunKind,
};

/** The parts of a text that has commas between them; an empty one where nothing stands. */
export function partsOf(text: string): string[] {
  return text.split(",").map((part) => part.trim());
}

/** For the codec, where a bare word is more likely a mistake than a path. */
export function isModulePath(text: string): boolean {
  return isModule(text) && /[./:]/.test(text);
}

function isName(role: "stream" | "consumer", text: string): boolean {
  try {
    checkName(role, text);
    return true;
  } catch {
    return false;
  }
}

function isRunKind(text: string): boolean {
  try {
    checkRunKind(text);
    return true;
  } catch {
    return false;
  }
}

function isModule(text: string): boolean {
  return isOneLine(text) && !/^http:/i.test(text);
}

/** A NUL would end a path in the middle, and what comes after would be ignored. */
function isOneLine(text: string): boolean {
  return text.trim() !== "" && !/\p{Cc}/u.test(text);
}

function isRedisUrl(text: string): boolean {
  const url = URL.parse(text); // unlike the constructor, it does not quote the password in an error (S28)
  if (url === null || !/^rediss?:\/\//.test(text) || /[\s\p{Cc}]/u.test(text)) return false;
  if (url.hostname === "" || url.search !== "" || url.hash !== "") return false;
  return /^\/?\d{0,5}$/.test(url.pathname) && isEncoded(url.username) && isEncoded(url.password);
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false; // a % that is meant as itself
  }
}
