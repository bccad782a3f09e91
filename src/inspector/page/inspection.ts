/**
 * What the page shows right now: a recording, a moment of it, and the actor that its user has chosen. Everything that is
 * drawn is drawn from this, at most once for each picture that the screen shows.
 *
 * @module
 */

import { actorAt, fleetAt, nextFrame } from "../timeline.ts";
import { type AlarmWishes, USUAL_WISHES } from "./alarms.ts";
import type { Chart } from "../chart/chart.ts";
import type { Fleet } from "../fleet.ts";
import type { ActorState, Message } from "../format.ts";
import type { InstanceStatus } from "../source.ts";
import type { Connection } from "./following.ts";
import { isConsumerRow } from "./fleet_rows.ts";
import { type LogEntry, Recording } from "./recording.ts";
import { StatusHistory } from "./status_history.ts";

/** Where the recording is from: nowhere yet, the service, or a file. */
export type Origin = "live" | "file";

/** Shows a part of what there is. */
export interface View {
  /** Draws again what is another than when it was drawn last. */
  render(): void;
}

/** The state of the page. */
export class Inspection {
  /** The recording. */
  recording = new Recording();
  /** What the process said of its consumers, of late. */
  statuses = new StatusHistory();
  /** Where it is from. */
  origin: Origin = "live";
  /** The name of the file. */
  fileName = "";
  /** The process that is followed, `null` for the one that serves the page. */
  instance: string | null = null;
  /** How the page is connected. */
  connection: Connection = "connecting";
  /** Why it is not. */
  connectionReason = "";
  /** The moment: right after this frame; `null` for the present. */
  cursor: number | null = null;
  /** Who is in a state for too long. */
  wishes: AlarmWishes = USUAL_WISHES;
  /** When the process was heard last, by `performance.now()`. */
  #heardMs = 0;
  /** How far this machine's clock is behind that of the process, in ms. */
  #clockOffsetMs = 0;
  #chosen: Pick<ActorState, "id" | "machine" | "place"> | null = null;
  #fleetOfCursor: { readonly seq: number; readonly trims: number; readonly fleet: Fleet } | null =
    null;
  #views: View[] = [];
  #lineListeners: ((lines: readonly LogEntry[]) => void)[] = [];
  #isScheduled = false;

  /** Shows itself by these views, in this order. */
  show(views: readonly View[]): void {
    this.#views = [...views];
    this.changed();
  }

  /** Tells a listener what the log gets; with a new recording, from its beginning. */
  onLines(listener: (lines: readonly LogEntry[]) => void): void {
    this.#lineListeners.push(listener);
  }

  /** Something is another than before: it is drawn with the next picture. */
  changed(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      for (const view of this.#views) view.render();
    });
  }

  /** Forgets everything, for another process or a file. */
  reset(origin: Origin, { instance = null, fileName = "" }: {
    readonly instance?: string | null;
    readonly fileName?: string;
  } = {}): void {
    // A file has as many frames as it has.
    this.recording = new Recording(origin === "file" ? { framesMax: Infinity } : {});
    this.statuses = new StatusHistory();
    [this.origin, this.instance, this.fileName] = [origin, instance, fileName];
    this.cursor = null;
    this.#chosen = null;
    this.#fleetOfCursor = null;
    this.#clockOffsetMs = 0;
    this.changed();
  }

  /** Takes messages. */
  take(messages: readonly Message[]): void {
    this.#heardMs = performance.now();
    const lines = this.recording.take(messages);
    for (const listener of this.#lineListeners) listener(lines);
    this.#noteClock(this.recording.lastMs);
    const [oldest] = this.recording.moments;
    // The moment that is looked at is kept no more: the oldest one that is.
    if (this.cursor !== null && oldest !== undefined && this.cursor < oldest.seq) {
      this.cursor = oldest.seq;
    }
    this.changed();
  }

  /** Takes a status. */
  takeStatus(status: InstanceStatus): void {
    this.#heardMs = performance.now();
    this.statuses.take(status);
    this.#noteClock(status.atMs);
    this.changed();
  }

  /** Takes how the page is connected. */
  takeConnection(connection: Connection, reason: string): void {
    [this.connection, this.connectionReason] = [connection, reason];
    this.changed();
  }

  /** Whether the present is shown, and goes on. */
  get isLive(): boolean {
    return this.cursor === null && this.origin === "live";
  }

  /** The number of the frame after which it is shown. */
  get seq(): number {
    return this.cursor ?? this.recording.lastSeq;
  }

  /** The present of the process, in ms since 1970; of a file its end. */
  get nowMs(): number {
    const isNow = this.origin === "live" && this.connection === "live";
    return isNow ? Date.now() + this.#clockOffsetMs : this.recording.lastMs;
  }

  /** The moment that is shown, in ms since 1970. */
  get momentMs(): number {
    if (this.cursor === null) return this.nowMs;
    const frame = nextFrame(this.recording, { seq: this.cursor + 1, towards: "past" });
    return frame?.atMs ?? this.recording.firstMs;
  }

  /** The fleet at that moment; `null` when it is not known. */
  get fleet(): Fleet | null {
    const { cursor, recording } = this;
    if (cursor === null) return recording.fleet;
    const known = this.#fleetOfCursor;
    if (known?.seq === cursor && known.trims === recording.trims) return known.fleet;
    const fleet = fleetAt(recording, cursor);
    if (fleet === null) return null;
    this.#fleetOfCursor = { seq: cursor, trims: recording.trims, fleet };
    return fleet;
  }

  /** What the process said of its consumers at that moment; `null` when it had said nothing. */
  get status(): InstanceStatus | null {
    return this.cursor === null ? this.statuses.last : this.statuses.at(this.momentMs);
  }

  /** For how long a process that is followed has told nothing, in ms; 0 where none is. */
  get silentMs(): number {
    const isFollowed = this.origin === "live" && this.connection === "live";
    return isFollowed ? performance.now() - this.#heardMs : 0;
  }

  /** Whether the process takes commands. */
  get takesCommands(): boolean {
    return this.origin === "live" && this.connection === "live" &&
      this.statuses.last?.takesCommands === true;
  }

  /**
   * The actor that was chosen as it was at that moment; one that took its place counts, and where a consumer is not there
   * its supervisor does. `null` for none.
   */
  get chosen(): ActorState | null {
    const chosen = this.#chosen;
    const fleet = this.fleet;
    if (chosen === null || fleet === null) return null;
    const same = fleet.get(chosen.id);
    const isConsumer = isConsumerRow(chosen);
    if (same !== undefined && same.machine !== "supervisor") return same;
    if (chosen.place === null) return same ?? null;
    let instead = same ?? null;
    for (const actor of fleet.values()) {
      if (!isSamePlace(actor, chosen)) continue;
      if (actor.machine === (isConsumer ? "consumer" : chosen.machine)) return actor;
      if (isConsumer && actor.machine === "supervisor") instead = actor;
    }
    return instead;
  }

  /** The id of the actor that was chosen, also where it does not live at that moment. */
  get chosenId(): string | null {
    return this.chosen?.id ?? this.#chosen?.id ?? null;
  }

  /** Chooses an actor. */
  choose(actor: Pick<ActorState, "id" | "machine" | "place"> | null): void {
    this.#chosen = actor;
    this.changed();
  }

  /** Chooses an actor by its id, as it was last. */
  chooseId(id: string): void {
    const { recording } = this;
    const actor = this.fleet?.get(id) ?? recording.fleet?.get(id) ??
      actorAt(recording, { actor: id, seq: this.seq }) ?? { id, machine: "", place: null };
    this.choose(actor);
  }

  /** The chart of the actor that was chosen. */
  get chart(): { readonly hash: string; readonly chart: Chart } | null {
    const hash = this.chosen?.definition ?? null;
    const chart = hash === null ? undefined : this.recording.definitions.get(hash);
    return hash === null || chart === undefined ? null : { hash, chart };
  }

  /** Shows another moment, `null` for the present. */
  goTo(seq: number | null): void {
    this.cursor = seq;
    this.changed();
  }

  /** Goes one frame on or back: of the actor that was chosen, or of any. On from the last one is the present. */
  step(
    towards: "past" | "future",
    { ofAny = false }: { readonly ofAny?: boolean } = {},
  ): void {
    const { recording, chosenId, seq } = this;
    const who = ofAny || chosenId === null ? {} : { actor: chosenId };
    if (towards === "future") {
      if (this.cursor === null) return;
      this.goTo(nextFrame(recording, { seq, towards, ...who })?.seq ?? null);
      return;
    }
    // What is shown now is what this frame has done; back from it leads to what the one before had done.
    const last = nextFrame(recording, { seq: seq + 1, towards, ...who });
    if (last === null) return;
    const before = nextFrame(recording, { seq: last.seq, towards, ...who });
    const first = recording.moments[0]?.seq ?? 0;
    this.goTo(before?.seq ?? Math.max(first, last.seq - 1));
  }

  #noteClock(toldMs: number): void {
    const offsetMs = toldMs - Date.now();
    // What is told was so a little before: the greatest offset is the nearest to the truth, and a jump is a jump.
    if (offsetMs > this.#clockOffsetMs || offsetMs < this.#clockOffsetMs - CLOCK_JUMP_MS) {
      this.#clockOffsetMs = offsetMs;
    }
  }
}

/** A service that says nothing for long is not behind: it has nothing to say. */
const CLOCK_JUMP_MS = 10 * 60_000;

function isSamePlace(
  { place: one }: Pick<ActorState, "place">,
  { place: other }: Pick<ActorState, "place">,
): boolean {
  return one !== null && other !== null && one.stream === other.stream &&
    one.group === other.group && one.consumer === other.consumer;
}
