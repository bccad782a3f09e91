/**
 * Follows the actors of a process by what XState tells its inspectors, and puts every step into a ring. XState tells of
 * starts and steps; of ends only in part, so they are put together here: a machine's last step has another status than
 * `active`, the parent of an actor that threw hears an error, and a root that threw tells only its subscribers.
 *
 * @module
 */

import type { AnyTransitionDefinition, InspectionEvent } from "xstate";
import type { ActorPlace } from "../ports/actor_observer.ts";
import type { Clock } from "../ports/clock.ts";
import { failureText, isRecord, memberOf, scalarOf, shownText } from "./capture.ts";
import { dataRow } from "./context_eye.ts";
import type { Definitions } from "./definitions.ts";
import { type Ending, TEXT_MAX } from "./format.ts";
import type { FrameRing } from "./frame_ring.ts";
import { CLOSED_VIEW, type MachineView } from "./machine_views.ts";
import { type PreparedView, prepareView } from "./prepared_view.ts";
import { type RawFrame, RawTransition, readyFrame } from "./raw_frame.ts";
import { hasBegun, isActive, snapshotOf, WatchedActor } from "./watched_actor.ts";

/** What XState tells. */
type Told<Type extends InspectionEvent["type"]> = Extract<InspectionEvent, { type: Type }>;

/** What actors are followed with. */
export interface ActorWatchOptions {
  /** The process: ids of actors begin with it. */
  readonly instance: string;
  /** Where frames go. */
  readonly ring: FrameRing<RawFrame>;
  /** Where charts go. */
  readonly definitions: Definitions;
  /** So many living actors are followed at most. */
  readonly actorsMax: number;
  /** What may be seen of each machine, by its id. */
  readonly views: Readonly<Record<string, MachineView>>;
  /** Time. */
  readonly clock: Clock;
}

/** Follows actors. */
export class ActorWatch {
  readonly #options: ActorWatchOptions;
  readonly #clock: Clock;
  readonly #ring: FrameRing<RawFrame>;
  readonly #definitions: Definitions;
  readonly #prepared = new Map<string, PreparedView>();
  readonly #living = new Map<string, WatchedActor>();
  /** What actors work for that do not say so themselves. */
  readonly #places = new WeakMap<object, ActorPlace>();
  /** Who sent an event, where an actor did. */
  readonly #sources = new WeakMap<object, string>();
  /** One that has left the ring, to be filled again. */
  #spare: RawTransition | null = null;
  /** The actor that was heard of last, if it is followed. */
  #lastRef: unknown = undefined;
  #lastWatched: WatchedActor | null = null;
  /** When the event came that is being worked on, 0 for none. */
  #heardAtMs = 0;
  #overlookedCount = 0;

  /** @param options What to follow them with. */
  constructor(options: ActorWatchOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#ring = options.ring;
    this.#definitions = options.definitions;
  }

  /** Those that live, in the order in which they were first seen. */
  living(): Iterable<WatchedActor> {
    return this.#living.values();
  }

  /** How many actors were not followed, because as many as are allowed lived already. */
  get overlookedCount(): number {
    return this.#overlookedCount;
  }

  /** Says what an actor works for, until it says so itself. */
  placeAt(actor: unknown, place: ActorPlace): void {
    if (isRecord(actor)) this.#places.set(actor, place);
  }

  /** Follows a living actor and all below it, as `joined`. */
  join(actor: unknown): void {
    const session = memberOf(actor, "sessionId");
    if (typeof session !== "string" || this.#living.has(session)) return;
    if (this.#adopt(actor) === null) return;
    const children = memberOf(snapshotOf(actor), "children");
    if (!isRecord(children)) return;
    for (const name of Object.keys(children)) this.join(children[name]);
  }

  /** Follows nobody of a system any more; of none at all for `null`. */
  leave(system: unknown): void {
    for (const watched of [...this.#living.values()]) {
      if (system === null || watched.system === system) this.#end(watched, "unwatched");
    }
  }

  /** What XState tells. May throw where what it tells of is hostile. */
  hear(event: InspectionEvent): void {
    const { type } = event;
    if (type === "@xstate.action" || type === "@xstate.actor") return;
    const { actorRef } = event;
    const watched = actorRef === this.#lastRef ? this.#lastWatched : this.#find(actorRef);
    if (type === "@xstate.microstep") {
      const follows = watched ?? this.#adopt(actorRef);
      if (follows === null) return;
      this.#step(follows, event);
      this.#endWith(follows, event.snapshot);
    } else if (type === "@xstate.event") {
      this.#heardAtMs = this.#clock.nowMs();
      if (watched === null || event.sourceRef !== undefined) this.#hearEvent(event, watched);
    } else if (type === "@xstate.snapshot") {
      this.#heardAtMs = 0;
      if (watched !== null) this.#settle(watched, event);
    }
  }

  /** Most often it is the one that was heard of last. */
  #find(actor: { readonly sessionId: string }): WatchedActor | null {
    const watched = this.#living.get(actor.sessionId) ?? null;
    this.#lastRef = watched === null ? undefined : actor;
    this.#lastWatched = watched;
    return watched;
  }

  #hearEvent(
    { actorRef, sourceRef, event }: Told<"@xstate.event">,
    watched: WatchedActor | null,
  ): void {
    if (watched === null && event.type === "xstate.init") {
      const started = this.#start(actorRef, { joined: false });
      const snapshot = snapshotOf(actorRef);
      if (started !== null && memberOf(snapshot, "status") === "error") {
        this.#end(started, "failed", memberOf(snapshot, "error"));
      }
    }
    if (sourceRef === undefined) return;
    const source = this.#living.get(sourceRef.sessionId);
    if (source === undefined) return;
    this.#sources.set(event, source.id);
    const hears = this.#living.get(actorRef.sessionId);
    if (hears !== undefined) hears.hearsActors = true;
    const fails = event.type.startsWith("xstate.error.actor.");
    if (fails && !isActive(sourceRef)) this.#end(source, "failed", memberOf(event, "error"));
  }

  /** The end of all steps that an event led to; all there is of an actor that is no machine. */
  #settle(
    watched: WatchedActor,
    told: Told<"@xstate.snapshot">,
  ): void {
    if (watched.steps === 0 && told.event.type !== "xstate.init") this.#step(watched, told);
    const { last, steps } = watched;
    // It may be filled again already, by a machine that takes more steps at once than are kept.
    if (last?.subject === watched.subject && last.step === steps - 1) last.rests = true;
    watched.last = null;
    watched.steps = 0;
    this.#endWith(watched, told.snapshot);
  }

  #step(
    watched: WatchedActor,
    told: Told<"@xstate.microstep"> | Told<"@xstate.snapshot">,
  ): void {
    const { event, snapshot } = told;
    // What one event leads to happens at one moment: the clock costs as much as all the rest of a step.
    const atMs = this.#heardAtMs === 0 ? this.#clock.nowMs() : this.#heardAtMs;
    const { subject, state: from, sinceMs } = watched;
    const { type } = event;
    const transition = this.#spare ?? new RawTransition();
    transition.subject = subject;
    transition.atMs = atMs;
    transition.event = type.length <= TEXT_MAX ? type : String(scalarOf(type));
    transition.source = watched.hearsActors ? this.#sources.get(event) ?? null : null;
    const shows = subject.view.events.get(type);
    if (shows === undefined) transition.data = null;
    else transition.data = shows.isSlight ? event : dataRow(shows.names, event);
    transition.from = from;
    transition.sinceMs = sinceMs;
    transition.to = "value" in snapshot ? watched.moveTo(snapshot.value, atMs) : from;
    transition.edges = told.type === "@xstate.microstep"
      ? this.#edges(told._transitions, watched)
      : null;
    transition.step = watched.steps++;
    transition.rests = false;
    transition.before = watched.kept;
    transition.after = watched.look("context" in snapshot ? snapshot.context : undefined);
    transition.weigh();
    watched.last = transition;
    const dropped = this.#ring.push(transition);
    this.#spare = dropped?.kind === "transition" ? dropped : null;
  }

  #endWith(watched: WatchedActor, snapshot: { readonly status?: unknown }): void {
    const { status } = snapshot;
    if (status === "active") return;
    if (status === "error") this.#end(watched, "failed", memberOf(snapshot, "error"));
    else this.#end(watched, status === "done" ? "done" : "stopped");
  }

  /** An actor that was not seen to start; one that is being made, or has ended, is none. */
  #adopt(actor: unknown): WatchedActor | null {
    return isActive(actor) && hasBegun(actor) ? this.#start(actor, { joined: true }) : null;
  }

  #start(actor: unknown, { joined }: { readonly joined: boolean }): WatchedActor | null {
    const session = memberOf(actor, "sessionId");
    if (typeof session !== "string") return null;
    if (this.#living.size >= this.#options.actorsMax) {
      this.#overlookedCount++;
      return null;
    }
    const atMs = this.#clock.nowMs();
    const parentActor = memberOf(actor, "_parent");
    const parent = this.#living.get(String(memberOf(parentActor, "sessionId"))) ?? null;
    const logic = this.#definitions.factsOf(actor);
    const view = this.#viewOf(logic.machine);
    const id = `${this.#options.instance}/${session}`;
    const place = isRecord(actor) ? this.#places.get(actor) ?? null : null;
    const watched = new WatchedActor({ actor, id, parent, logic, view, atMs, place });
    this.#living.set(session, watched);
    this.#ring.push(readyFrame({ type: "started", atMs, actor: watched.toState(), joined }));
    if (parentActor === undefined) this.#listenToRoot(watched);
    return watched;
  }

  /** XState tells inspectors nothing of a root that throws. */
  #listenToRoot(watched: WatchedActor): void {
    const subscribe = memberOf(watched.actor, "subscribe");
    if (typeof subscribe !== "function") return;
    const observer = {
      error: (error: unknown) => {
        this.#end(watched, "failed", error);
        const observers = memberOf(watched.actor, "observers");
        if (!(observers instanceof Set) || observers.size > 1) return;
        // Nobody else listens: it would have ended the program, and a recorder must not hide that.
        setTimeout(() => {
          throw error;
        });
      },
    };
    const subscription: unknown = Reflect.apply(subscribe, watched.actor, [observer]);
    watched.release = () => {
      const unsubscribe = memberOf(subscription, "unsubscribe");
      if (typeof unsubscribe === "function") Reflect.apply(unsubscribe, subscription, []);
    };
  }

  #end(watched: WatchedActor, ending: Ending, error?: unknown): void {
    const session = watched.id.slice(this.#options.instance.length + 1);
    if (this.#living.get(session) !== watched) return;
    this.#living.delete(session);
    this.#lastRef = undefined;
    this.#lastWatched = null;
    if (ending === "unwatched") watched.release();
    const atMs = this.#clock.nowMs();
    const message = ending === "failed" ? shownText(failureText(error)) : null;
    const actor = watched.toState();
    this.#ring.push(readyFrame({ type: "ended", atMs, ending, message, actor }));
  }

  #edges(
    transitions: readonly AnyTransitionDefinition[],
    watched: WatchedActor,
  ): string | readonly string[] | null {
    const first = transitions[0]; // taking it apart as a list costs more than all the rest
    if (first === undefined) return null;
    if (transitions.length === 1) return watched.takeEdge(first, this.#definitions);
    return transitions.map((each) => watched.takeEdge(each, this.#definitions));
  }

  #viewOf(machine: string): PreparedView {
    const known = this.#prepared.get(machine);
    if (known !== undefined) return known;
    const { views } = this.#options;
    const view = Object.hasOwn(views, machine) ? views[machine] : undefined;
    const prepared = prepareView(view ?? CLOSED_VIEW);
    if (view !== undefined) this.#prepared.set(machine, prepared);
    return prepared;
  }
}
