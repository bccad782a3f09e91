/**
 * The publishing process as the soak sees it: how far it is, and how it is held.
 *
 * @module
 */

import { Child } from "./child.ts";
import { STREAMS } from "./layout.ts";
import type { PublisherLine, PublisherSettings } from "./publisher_program.ts";

const PROGRAM = new URL("publisher_program.ts", import.meta.url).pathname;

/** Publishes in a process of its own. */
export class Publisher implements AsyncDisposable {
  readonly #child: Child;
  #line: PublisherLine = { published: STREAMS.map(() => 0), holds: true };
  #heard: () => void = () => {};

  /**
   * Starts the process; it publishes nothing before {@linkcode Publisher.go}.
   *
   * @param flags The permissions that it gets.
   * @param onTrouble Told of appends that were begun anew, and of its last words.
   */
  constructor(
    settings: PublisherSettings,
    given: { readonly flags: readonly string[]; readonly onTrouble: (text: string) => void },
  ) {
    this.#child = new Child({
      args: ["run", "--no-prompt", ...given.flags, PROGRAM, JSON.stringify(settings)],
      onLine: (line) => {
        this.#line = JSON.parse(line);
        this.#heard();
      },
      onErrorLine: given.onTrouble,
    });
    this.lost = this.#child.ended.then(() => {
      throw new Error("The publisher has ended");
    });
    this.lost.catch(() => {}); // also its ordinary end is one
  }

  /** How many events every stream has got. */
  published(stream: string): number {
    return this.#line.published[STREAMS.findIndex((each) => each === stream)] ?? 0;
  }

  /** Rejects when its process has ended, which it never does by itself. */
  readonly lost: Promise<never>;

  /** All streams together. */
  get total(): number {
    return this.#line.published.reduce((sum, each) => sum + each, 0);
  }

  /** Lets it publish. */
  go(): void {
    this.#line = { ...this.#line, holds: false };
    this.#child.say("go");
  }

  /** Lets it publish no more. @returns when nothing is under way. @throws when the process has ended. */
  async hold(): Promise<void> {
    const held = new Promise<void>((resolve) => {
      this.#heard = () => this.#line.holds ? resolve() : undefined;
    });
    this.#child.say("hold");
    await Promise.race([held, this.lost]);
    this.#heard = () => {};
  }

  /** Kills it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}
