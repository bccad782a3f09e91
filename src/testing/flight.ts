/**
 * One call on its way from a process to the broker and back, and what can go wrong with it there. What is under way when
 * its process is killed goes on towards the broker, as what is in a socket does; its answer reaches nobody.
 *
 * @module
 */

import {
  AccessDeniedError,
  BrokerUnavailableError,
  TidemarkError,
  UnknownOutcomeError,
} from "../domain/errors.ts";
import type { ClockView } from "./clock_view.ts";
import type { CallFault } from "./fault.ts";
import type { Applied, Asked, MemberPlace } from "./happening.ts";
import type { World } from "./world.ts";

/** The code of the error that says that nobody knows. */
const UNKNOWN = "UNKNOWN_OUTCOME";

/** A call of a consumer. */
export interface LinkCall<Answer> {
  /** Who calls. */
  readonly place: MemberPlace;
  /** Under which epoch, 0 where the call has none. */
  readonly epoch: number;
  /** What for. */
  readonly asked: Asked;
  /** Makes the call at the broker. `signal` ends a wait there. */
  readonly apply: (signal: AbortSignal) => Promise<Answer>;
  /** Says what the answer is. */
  readonly tell: (answer: Answer) => Applied;
  /** Ends the wait of a caller that no longer wants to; only for calls that wait. */
  readonly waits?: { readonly signal: AbortSignal; readonly nothing: Answer };
}

/** What a flight needs. */
export interface FlightSetting {
  /** What all share. */
  readonly world: World;
  /** The name of its process. */
  readonly process: string;
  /** The clock of its process: what is dead or stands still hears no answer. */
  readonly clock: ClockView;
  /** What goes wrong with it, `null` for nothing. */
  readonly fault: CallFault | null;
  /** How long an answer takes, in ms. */
  readonly latencyMs: number;
  /** Kills its process as soon as the broker has applied the call. */
  readonly killAfter: (() => void) | null;
}

/** A call under way. */
export class Flight<Answer> {
  /** What the caller gets. */
  readonly answer: Promise<Answer>;
  readonly #call: LinkCall<Answer>;
  readonly #setting: FlightSetting;
  readonly #number: number;
  readonly #settled = Promise.withResolvers<Answer>();
  readonly #wait = new AbortController();
  #isOver = false;
  #isLost = false;

  /** It has not begun. @param call What is called. @param setting By whom, and what goes wrong. */
  constructor(call: LinkCall<Answer>, setting: FlightSetting) {
    this.#call = call;
    this.#setting = setting;
    this.#number = setting.world.nextCall();
    this.answer = this.#settled.promise;
    const { place, epoch, asked } = call;
    const of = { ...place, epoch, call: this.#number };
    setting.world.trace.note(setting.process, { kind: "callSent", asked, ...of });
  }

  /** Whether its caller waits no more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Sends it off. */
  begin(): void {
    const { world, fault, latencyMs } = this.#setting;
    this.#heed();
    if (world.isDown) return this.#failIn(latencyMs, this.#unavailable("it is down"));
    switch (fault?.kind) {
      case undefined:
        return this.#send(latencyMs);
      case "unapplied":
        return this.#failIn(latencyMs, this.#unavailable("it refuses"));
      case "denied":
        return this.#failIn(latencyMs, new AccessDeniedError(this.#name, "NOPERM"));
      case "requestLost":
        return this.#failIn(latencyMs, this.#unknown("the request was lost"));
      case "replyLost":
        this.#send(null);
        return this.#failIn(latencyMs, this.#unknown("the reply was lost"));
      case "slowRequest":
        return world.later(fault.byMs, () => this.#isLost || this.#send(latencyMs));
      case "slowReply":
        return this.#send(fault.byMs);
      case "late":
        this.#failIn(latencyMs, this.#unknown("it took too long"));
        return world.later(fault.byMs, () => this.#isLost || this.#send(null));
      case "repeated":
        this.#send(latencyMs);
        return world.later(fault.byMs, () => this.#isLost || this.#send(null));
      case "silent":
        this.#send(null);
        return this.#failIn(fault.byMs, this.#unknown("nothing was answered in time"));
    }
  }

  /** The connection breaks: what is on its way is lost, and the caller cannot know what became of it. */
  breakOff(): void {
    this.#isLost = true;
    this.#wait.abort();
    this.#failIn(this.#setting.latencyMs, this.#unknown("the connection broke"));
  }

  /** Its process is dead: what it waits for at the broker ends. */
  cut(): void {
    this.#isOver = true;
    this.#wait.abort();
  }

  /** Applies it, and answers so much later; `null`: nobody hears the answer. */
  #send(answerMs: number | null): void {
    const { apply, tell, asked: { method } } = this.#call;
    apply(this.#wait.signal).then(
      (answer) => {
        this.#note(tell(answer));
        if (answerMs !== null) this.#answerIn(answerMs, answer);
      },
      (error: unknown) => {
        this.#note({ method, thrown: codeOf(error) });
        if (answerMs !== null) this.#failIn(answerMs, error);
      },
    );
  }

  #note(applied: Applied): void {
    const { world, process, killAfter } = this.#setting;
    const { place, epoch } = this.#call;
    const of = { ...place, epoch, call: this.#number };
    world.applied(world.trace.note(process, { kind: "callApplied", applied, ...of }));
    killAfter?.();
  }

  /** A caller that no longer wants to wait is answered soon, also when the broker's answer is on its way. */
  #heed(): void {
    const { waits } = this.#call;
    if (waits === undefined) return;
    const onAbort = () => {
      this.#wait.abort();
      const { fault, latencyMs } = this.#setting;
      if (fault !== null) this.#answerIn(latencyMs, waits.nothing);
    };
    waits.signal.addEventListener("abort", onAbort, { once: true });
    this.#settled.promise.then(
      () => waits.signal.removeEventListener("abort", onAbort),
      () => waits.signal.removeEventListener("abort", onAbort),
    );
    if (waits.signal.aborted) onAbort();
  }

  #answerIn(delayMs: number, answer: Answer): void {
    this.#setting.clock.after(delayMs, () => {
      if (!this.#end(null)) return;
      this.#settled.resolve(answer);
    });
  }

  #failIn(delayMs: number, error: unknown): void {
    this.#setting.clock.after(delayMs, () => {
      if (!this.#end(codeOf(error))) return;
      this.#settled.reject(error);
    });
  }

  /** The first answer counts. @returns `false` for a later one, and for one that is lost. */
  #end(thrown: string | null): boolean {
    if (this.#isOver || (this.#isLost && thrown !== UNKNOWN)) return false;
    this.#isOver = true;
    const { world, process } = this.#setting;
    const { place, epoch, asked: { method } } = this.#call;
    const of = { ...place, epoch, call: this.#number };
    world.trace.note(process, { kind: "callAnswered", method, thrown, ...of });
    return true;
  }

  get #name(): string {
    return `call "${this.#call.asked.method}"`;
  }

  #unavailable(reason: string): BrokerUnavailableError {
    return new BrokerUnavailableError(this.#name, reason);
  }

  #unknown(reason: string): UnknownOutcomeError {
    return new UnknownOutcomeError(this.#name, reason);
  }
}

/** The stable code of an error, its class for one that is not Tidemark's. */
export function codeOf(error: unknown): string {
  if (error instanceof TidemarkError) return error.code;
  return error instanceof Error ? error.name : "UNKNOWN";
}
