/**
 * What the page asks of its service: the routes under `/inspector`, with the token that its user gave.
 *
 * @module
 */

import type { Chart } from "../chart/chart.ts";
import type { ChartLayout } from "../chart/chart_layout.ts";
import type { CommandTarget, InspectorCommand, InstanceLine } from "../source.ts";
import { parseWire } from "./wire_json.ts";

/** An entry that was handed out and is not finished. */
export interface PendingLine {
  /** Its id. */
  readonly id: string;
  /** Whose it is. */
  readonly consumer: string;
  /** For how long nobody renewed it, in ms. */
  readonly idleMs: number;
  /** How often it was handed out. */
  readonly deliveryCount: number;
}

/** An entry that was given up. */
export interface DeadLetterLine {
  /** The dead letter's own id. */
  readonly id: string;
  /** The id of the entry. */
  readonly entry: string;
  /** How many attempts it had. */
  readonly attempts: number;
  /** Why it was given up. */
  readonly reason: string;
  /** What its last error said besides; `null` for nothing. */
  readonly cause: string | null;
  /** When, in ms since 1970. */
  readonly atMs: number;
}

/** A chart with its layout. */
export interface ChartAnswer {
  /** Where everything is. */
  readonly layout: ChartLayout;
  /** The chart itself. */
  readonly machine: Chart;
}

/** A group of a stream. */
export interface GroupName {
  /** The stream. */
  readonly stream: string;
  /** The group. */
  readonly group: string;
}

/** A part of what the broker holds. */
export interface Listing<Line> {
  /** In the order of the list. */
  readonly lines: readonly Line[];
  /** Behind which one the next part begins; `null` at the end. */
  readonly next: string | null;
}

/** The service said no, or nothing. */
export class WireError extends Error {
  /** The stable name of the condition, `""` where the answer had none. */
  readonly code: string;

  /** @param status The HTTP status, 0 for no answer. @param message In words that can be shown. */
  constructor(readonly status: number, message: string, { code = "" }: { code?: string } = {}) {
    super(message);
    this.code = code;
    this.name = "WireError";
  }
}

/** Where the token stays while this tab is open. */
const TOKEN_KEY = "tidemark-inspector-token";

/** So much of the past is asked for at first: all that a recorder keeps, unless it was told to keep more. */
const BACK = "10000";

/** So many lines of a table are asked for at once, the most that a service tells. */
const LIMIT = "200";

/** Speaks with the service. */
export class Wire {
  #token = sessionStorage.getItem(TOKEN_KEY) ?? "";

  /** Whether a token was given. */
  get hasToken(): boolean {
    return this.#token !== "";
  }

  /** Uses a token from now on; it stays in this tab. */
  setToken(token: string): void {
    this.#token = token.trim();
    sessionStorage.setItem(TOKEN_KEY, this.#token);
  }

  /** Those that can be looked at. */
  async instances(): Promise<readonly InstanceLine[]> {
    const text = await this.#textOf("inspector/instances");
    return parseWire<{ instances: InstanceLine[] }>(text).instances;
  }

  /** A chart's layout, `null` when this service has none. */
  async chart(hash: string): Promise<ChartAnswer | null> {
    try {
      return parseWire(await this.#textOf(`inspector/charts/${encodeURIComponent(hash)}`));
    } catch (error) {
      if (error instanceof WireError) return null;
      throw error;
    }
  }

  /** All that was recorded so far, as a session file. */
  async sessionFile(instance: string | null): Promise<Blob> {
    return new Blob([await this.#textOf("inspector/session", { instance })]);
  }

  /** What is pending, the oldest first. @param about `after`: only what is behind this one. */
  async pending(
    group: GroupName,
    about: {
      readonly instance: string | null;
      readonly consumer: string | null;
      readonly after: string | null;
    },
  ): Promise<Listing<PendingLine>> {
    const text = await this.#textOf("inspector/pending", { ...group, ...about, limit: LIMIT });
    const { pending, next } = parseWire<{ pending: PendingLine[]; next: string | null }>(text);
    return { lines: pending, next };
  }

  /** What was given up, the newest first. @param after Only what is older than this one. */
  async deadLetters(group: GroupName, after: string | null): Promise<Listing<DeadLetterLine>> {
    const query = { ...group, after, order: "newest", limit: LIMIT };
    const text = await this.#textOf("inspector/dead-letters", query);
    const { deadLetters, next } = parseWire<
      { deadLetters: DeadLetterLine[]; next: string | null }
    >(text);
    return { lines: deadLetters, next };
  }

  /** Publishes the originals of dead letters again. @returns How many. */
  async replay(group: GroupName, which: readonly string[] | "all"): Promise<number> {
    let replayed = 0;
    let after: string | null = null;
    do {
      const wanted = which === "all" ? { all: true } : { ids: which };
      const body = { ...group, ...wanted, ...after === null ? {} : { after } };
      const text = await this.#post("inspector/dead-letters/replay", body);
      const answer = parseWire<{ replayed: number; next: string | null }>(text);
      replayed += answer.replayed;
      after = answer.next;
    } while (after !== null && which === "all");
    return replayed;
  }

  /** Tells consumers something. */
  async command(
    command: InspectorCommand,
    target: CommandTarget & { readonly instance: string | null },
  ): Promise<void> {
    const { instance, ...rest } = target;
    await this.#post("inspector/commands", {
      command,
      ...rest,
      ...instance === null ? {} : { instance },
    });
  }

  /** The stream of frames. */
  frames(
    query: { readonly instance: string | null; readonly lastEventId: string | null },
    signal: AbortSignal,
  ): Promise<Response> {
    const { instance, lastEventId } = query;
    const where = lastEventId === null ? { back: BACK } : { last_event_id: lastEventId };
    const path = withQuery("inspector/frames", { instance, ...where });
    return this.#ask(path, { signal, headers: { accept: "text/event-stream" } });
  }

  async #textOf(path: string, query: Readonly<Record<string, string | null>> = {}) {
    return await (await this.#ask(withQuery(path, query), {})).text();
  }

  async #post(path: string, body: unknown): Promise<string> {
    const headers = { "content-type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    return await (await this.#ask(path, init)).text();
  }

  async #ask(
    path: string,
    init: Omit<RequestInit, "headers"> & { readonly headers?: Record<string, string> },
  ): Promise<Response> {
    const authorization = this.#token === "" ? {} : { authorization: `Bearer ${this.#token}` };
    const headers = { ...init.headers, ...authorization };
    // From the root, because the page may be open at /inspector or /inspector/.
    const answer = await fetch(`/${path}`, { ...init, headers, cache: "no-store" })
      .catch(() => {
        throw new WireError(0, "The service does not answer");
      });
    if (answer.ok) return answer;
    throw problemOf(await answer.text(), answer.status);
  }
}

function withQuery(path: string, query: Readonly<Record<string, string | null>>): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === null ? [] : [[name, value]]
  );
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

/** What a problem of RFC 9457 says. */
function problemOf(body: string, status: number): WireError {
  try {
    const { title, detail, code }: { title?: unknown; detail?: unknown; code?: unknown } = JSON
      .parse(body);
    const words = [title, detail].filter((each) => typeof each === "string");
    const named = typeof code === "string" ? { code } : {};
    if (words.length > 0) return new WireError(status, words.join(": "), named);
  } catch {
    // Something in between has answered, in its own way.
  }
  return new WireError(status, `The service answered ${status}`);
}
