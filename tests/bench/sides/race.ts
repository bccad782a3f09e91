/**
 * Sides measured in turn: every round measures all of them, one after the other, so that whatever else the machine does
 * hits all alike, and a ratio is always one of the same round.
 *
 * @module
 */

import { ChildProgram } from "../child_program.ts";
import type { ScenarioOptions } from "../scenario.ts";
import { type Figures, figuresLine, type GivenRound, type GivenSettings } from "./lines.ts";

/** A side. */
export interface Contestant {
  /** What the table calls it. */
  readonly name: string;
  readonly settings: GivenSettings;
  /** A file of `rivals/` with the packages that it needs. Default: those of this repository. */
  readonly packages?: "ioredis_6.jsonc" | "queues.jsonc";
}

/** What came out of one round for one side. */
export interface Result extends Figures {
  /** What the server's processor did meanwhile, in µs; 0 where there is no server. */
  readonly serverMicros: number;
}

/** One setting, such as a size of batches. */
export interface Heat {
  /** What people who wait are told. */
  readonly title: string;
  /** Makes everything anew for one side. @returns What it is to do. */
  readonly prepare: () => Promise<GivenRound>;
  /** Looks whether all is as it should be. @returns What the server's processor did since `prepare`, in µs. */
  readonly check: (figures: Figures, round: GivenRound) => Promise<number>;
}

/** A heat without a server to look at. */
export const NOTHING_TO_CHECK = (): Promise<number> => Promise.resolve(0);

/** How many rounds count; one more, the first, compiles. */
export const ROUNDS = 5;

/** What a race needs. */
export interface RaceOptions extends Pick<ScenarioOptions, "signal" | "onProgress"> {
  readonly contestants: readonly Contestant[];
  /** How many rounds count. Default {@linkcode ROUNDS}. */
  readonly rounds?: number;
  /** What the processes may read and write beside the network of this machine. Default: the folder of temporary files. */
  readonly folder?: string;
}

/** The processes of all sides. They live as long as the block that opened them. */
export class Race implements AsyncDisposable {
  readonly #options: RaceOptions;
  readonly #programs: readonly ChildProgram[];

  /** Starts them. */
  constructor(options: RaceOptions) {
    this.#options = options;
    const { folder = "/tmp" } = options;
    this.#programs = options.contestants.map(({ settings, packages }) =>
      new ChildProgram(PROGRAM, {
        flags: [
          ...packages === undefined ? [] : ["--frozen", `--config=${RIVALS}${packages}`],
          "--ignore-env",
          "--allow-net=127.0.0.1",
          "--allow-sys=hostname,cpus,networkInterfaces", // Moleculer names its node by them
          `--allow-read=${folder}`,
          `--allow-write=${folder}`,
        ],
        argument: settings,
        signal: options.signal,
      })
    );
  }

  /** Measures one setting. @returns The results of every contestant, in their order, round by round. */
  async run(heat: Heat): Promise<readonly (readonly Result[])[]> {
    const { rounds = ROUNDS, onProgress, signal } = this.#options;
    const results = this.#programs.map((): Result[] => []);
    for (let round = 0; round <= rounds; round++) {
      onProgress(`${heat.title}, round ${round} of ${rounds}`);
      for (const index of turns(this.#programs.length, round)) {
        signal.throwIfAborted();
        const result = await this.#measure(index, heat);
        if (round > 0) results[index]?.push(result);
      }
    }
    return results;
  }

  async #measure(index: number, { prepare, check }: Heat): Promise<Result> {
    const program = this.#programs[index];
    if (program === undefined) throw new RangeError(`There is no contestant ${index}`);
    const round = await prepare();
    await program.tell(round);
    const figures = await program.line(figuresLine);
    if (figures.handled !== round.events) {
      const { name = "" } = this.#options.contestants[index] ?? {};
      throw new Error(`${name} handled ${figures.handled} times, wanted ${round.events}`);
    }
    return { ...figures, serverMicros: await check(figures, round) };
  }

  /** Ends the processes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#programs.map((program) => program[Symbol.asyncDispose]()));
  }
}

const RIVALS = decodeURIComponent(new URL("../rivals/", import.meta.url).pathname);
const PROGRAM = new URL("program.ts", import.meta.url);

/** All indices, beginning with another one each round: who comes first has the cooler machine. */
function turns(length: number, round: number): number[] {
  return Array.from({ length }, (_, index) => (index + round) % length);
}
