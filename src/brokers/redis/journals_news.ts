/**
 * Where something has happened to journals on Redis: each change is published on a channel of its journal, and a watch
 * subscribes to those of its journals on one connection. So the server does nothing for a journal that is watched but
 * does not change, and a journal comes and goes without waking anything. XREAD BLOCK over all watched streams costs it
 * 0.17 ms a wake with 1,000 journals and 1.0 ms with 5,000, and the client as much again; a published message costs the
 * same 0.01 ms with 10 and with 5,000.
 *
 * Messages get lost with the connection. A new one is therefore followed by a look at every watched journal, and a silent
 * one is asked for a sign of life, because a half-open one would be silent for ever (I3).
 *
 * @module
 */

import { BrokerUnavailableError } from "../../domain/errors.ts";
import { type JournalAddress, journalText } from "../../domain/journal.ts";
import type { JournalStore } from "../../ports/journal_store.ts";
import type { JournalSource, JournalsToFollow } from "../journal_tail.ts";
import { RedisConnection } from "./connection.ts";
import { newsChannel } from "./journals_keys.ts";
import type { Session } from "./session.ts";

/** Channels of one command. */
const CHANNELS_MAX = 500;

/** A connection that was silent for so long is asked whether it lives, in ms. */
const SILENCE_MS_MAX = 5_000;

/** In small letters, as ioredis knows them: it looks its own books up by the name that it is given. */
type NewsCommand = "subscribe" | "unsubscribe" | "ping";

const CONTEXT = { action: "watch journals", reads: true } as const;

/** The news of a Redis broker's journals, for one watch. */
export class RedisJournalNews implements JournalSource {
  readonly read: JournalStore["readJournal"];
  readonly #session: Session;
  readonly #rung = new Set<string>();
  readonly #texts = new Map<string, string>();
  readonly #farewells = new Set<Promise<void>>();
  #connection: RedisConnection | null = null;
  #isBroken = false;
  #heardAtMs = 0;
  #endWait: () => void = () => {};

  /** @param read Reads a journal. */
  constructor(session: Session, read: JournalStore["readJournal"]) {
    this.#session = session;
    this.read = read;
  }

  async follow({ added, removed, all }: JournalsToFollow): Promise<boolean> {
    try {
      if (this.#connection !== null) {
        this.#checkAlive();
        await this.#tellServer("unsubscribe", removed);
        await this.#tellServer("subscribe", added);
        return false;
      }
      const journals = all();
      if (journals.length === 0) return false;
      await this.#connect();
      await this.#tellServer("subscribe", journals);
      return true;
    } catch (error) {
      this.#reset();
      throw error;
    }
  }

  async wait(
    { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<ReadonlySet<string>> {
    try {
      const silenceMs = this.#connection === null ? 0 : this.#nowMs() - this.#heardAtMs;
      if (silenceMs >= SILENCE_MS_MAX) await this.#call("ping", []);
      if (this.#rung.size === 0 && !this.#isBroken) {
        await this.#pause(Math.min(timeoutMs, SILENCE_MS_MAX), signal);
      }
      this.#checkAlive();
    } catch (error) {
      this.#reset();
      throw error;
    }
    const rung = new Set(this.#rung);
    this.#rung.clear();
    return rung;
  }

  async close(): Promise<void> {
    this.#reset();
    this.#endWait();
    await Promise.all(this.#farewells);
  }

  async #connect(): Promise<void> {
    const { settings } = this.#session;
    const connection = new RedisConnection(settings);
    this.#connection = connection;
    this.#isBroken = false;
    connection.listen({
      published: (channel) => {
        if (this.#connection !== connection) return;
        this.#heardAtMs = this.#nowMs();
        const text = this.#texts.get(channel);
        if (text !== undefined) this.#rung.add(text);
        this.#endWait();
      },
      broken: () => {
        if (this.#connection !== connection) return;
        this.#isBroken = true;
        this.#endWait();
      },
    });
    await connection.whenReady({ withinMs: settings.connectTimeoutMs, patient: false });
  }

  async #tellServer(
    command: Exclude<NewsCommand, "ping">,
    journals: readonly JournalAddress[],
  ): Promise<void> {
    const channels = journals.map((journal) => {
      const channel = newsChannel(journal);
      if (command === "subscribe") this.#texts.set(channel, journalText(journal));
      else this.#texts.delete(channel);
      return channel;
    });
    for (let from = 0; from < channels.length; from += CHANNELS_MAX) {
      await this.#call(command, channels.slice(from, from + CHANNELS_MAX));
    }
  }

  async #call(command: NewsCommand, args: readonly string[]): Promise<void> {
    await this.#connection?.call(command, args, CONTEXT);
    this.#heardAtMs = this.#nowMs();
  }

  #pause(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        timer.cancel();
        signal.removeEventListener("abort", end);
        this.#endWait = () => {};
        resolve();
      };
      const timer = this.#session.settings.clock.after(timeoutMs, end);
      signal.addEventListener("abort", end);
      this.#endWait = end;
      if (signal.aborted) end();
    });
  }

  #checkAlive(): void {
    if (this.#isBroken) throw new BrokerUnavailableError(CONTEXT.action, "connection closed");
  }

  #reset(): void {
    const connection = this.#connection;
    this.#connection = null;
    this.#isBroken = false;
    this.#rung.clear();
    this.#texts.clear();
    if (connection === null) return;
    const farewell = connection.close().finally(() => this.#farewells.delete(farewell));
    this.#farewells.add(farewell);
  }

  #nowMs(): number {
    return this.#session.settings.clock.nowMs();
  }
}
