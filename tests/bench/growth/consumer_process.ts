/**
 * A process with consumers, as whoever measures sees it: it joins, waits, goes, and tells.
 *
 * @module
 */

import { ChildProgram } from "../child_program.ts";
import {
  type ConsumeSettings,
  type Done,
  doneLine,
  idleLine,
  publishedLine,
  type PublishSettings,
  readyLine,
} from "./lines.ts";
import type { Place } from "./place.ts";

const CONSUME = new URL("consume.ts", import.meta.url);
const PUBLISH = new URL("publish.ts", import.meta.url);

/** No consumer's entries are taken over by another one: that is not what is measured. */
const LEASE_MS = 3_600_000;

/** What every process must be told. */
type Wanted = Pick<ConsumeSettings, "members"> & Partial<ConsumeSettings>;

/** A process whose consumers have joined. */
export class ConsumerProcess implements AsyncDisposable {
  readonly #program: ChildProgram;
  /** What it held when all had joined, and how long that took. */
  readonly ready: ReturnType<typeof readyLine.parse>;

  private constructor(program: ChildProgram, ready: ReturnType<typeof readyLine.parse>) {
    this.#program = program;
    this.ready = ready;
  }

  /** Starts it and waits until all its consumers have joined. */
  static async start(
    place: Place,
    { signal, ...wanted }: Wanted & { readonly signal: AbortSignal },
  ): Promise<ConsumerProcess> {
    const settings: ConsumeSettings = {
      url: place.url,
      order: "key",
      leaseMs: LEASE_MS,
      isHeld: true,
      idleMs: 0,
      events: null,
      sampleEvents: 0,
      ...wanted,
    };
    await using stack = new AsyncDisposableStack();
    const flags = flagsOf(place);
    const program = stack.use(new ChildProgram(CONSUME, { flags, argument: settings, signal }));
    const ready = await program.line(readyLine);
    stack.move();
    return new ConsumerProcess(program, ready);
  }

  /** What it took to wait; only with `idleMs`. */
  async idle(): Promise<ReturnType<typeof idleLine.parse>> {
    return await this.#program.line(idleLine);
  }

  /** Lets it handle events; the second time, where it was not told how many, it ends that. */
  async go(): Promise<void> {
    await this.#program.go();
  }

  /** Waits until it has done its work. */
  async done(): Promise<Done> {
    return await this.#program.line(doneLine);
  }

  /** Kills it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}

/** Starts a process that publishes. Dispose of it; `published` resolves after its last event. */
export function startPublisher(
  place: Place,
  { signal, ...settings }: Omit<PublishSettings, "url"> & { readonly signal: AbortSignal },
): AsyncDisposable & { readonly published: Promise<unknown> } {
  const argument: PublishSettings = { url: place.url, ...settings };
  const program = new ChildProgram(PUBLISH, { flags: flagsOf(place), argument, signal });
  const published = program.line(publishedLine);
  published.catch(() => {}); // whoever waits is told
  return { published, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

function flagsOf({ folder }: Place): string[] {
  return [
    "--v8-flags=--expose-gc",
    "--ignore-env",
    "--allow-net=127.0.0.1",
    `--allow-read=${folder}`,
    `--allow-write=${folder}`,
  ];
}
