/**
 * The fleet as its tree shows it: consumers under what runs them, workers under their consumer. What only holds others
 * together is left out, and a consumer that is not there right now is shown by its supervisor, so that it keeps its place.
 *
 * @module
 */

import { shortNames } from "./short_names.ts";
import type { Fleet } from "../fleet.ts";
import type { ActorState } from "../format.ts";

/** A line of the tree. */
export interface FleetRow {
  /** The actor. */
  readonly actor: ActorState;
  /** What it is called: of a consumer its name, also while only its supervisor is there. */
  readonly name: string;
  /** Whether it shows a consumer. */
  readonly isConsumer: boolean;
  /** How deep it lies, from 1. */
  readonly level: number;
  /** Which one of its siblings it is, from 1. */
  readonly position: number;
  /** How many siblings there are, it included. */
  readonly siblingCount: number;
  /** How many lie in it. */
  readonly childCount: number;
  /** Whether they are shown. */
  readonly isOpen: boolean;
}

/** They hold others together, which are shown in their place. */
const HOLDERS: ReadonlySet<string> = new Set(["supervisor", "branch", "service"]);

/**
 * The lines of the tree.
 *
 * @param toggled Ids of those that are open where others of their kind are closed, or closed where they are open.
 */
export function fleetRows(fleet: Fleet, toggled: ReadonlySet<string>): FleetRow[] {
  const children = new Map<string | null, ActorState[]>();
  for (const actor of fleet.values()) {
    const parent = actor.parent !== null && fleet.has(actor.parent) ? actor.parent : null;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [actor]);
    else siblings.push(actor);
  }
  const rows: FleetRow[] = [];
  const shownUnder = (parent: string | null, depth: number): ActorState[] => {
    const own = depth > DEPTH_MAX ? [] : children.get(parent) ?? [];
    return own.flatMap((actor) => {
      if (!HOLDERS.has(actor.machine)) return [actor];
      const inner = shownUnder(actor.id, depth + 1);
      // Its consumer is not there: a supervisor then stands for it.
      const stands = actor.machine === "supervisor" && !inner.some(isConsumerRow);
      return stands ? [actor, ...inner] : inner;
    });
  };
  const add = (siblings: readonly ActorState[], level: number) => {
    const { heads, members } = grouped(siblings);
    heads.forEach((actor, index) => {
      const inner = [...members.get(actor.id) ?? [], ...childrenOf(actor, level)];
      const isConsumer = isConsumerRow(actor);
      rows.push({
        actor,
        name: isConsumer ? actor.place?.consumer ?? actorLabel(actor) : actorLabel(actor),
        isConsumer,
        level,
        position: index + 1,
        siblingCount: heads.length,
        childCount: grouped(inner).heads.length,
        isOpen: inner.length > 0 && isConsumer === toggled.has(actor.id),
      });
      if (rows.at(-1)?.isOpen) add(inner, level + 1);
    });
  };
  // A supervisor that stands for its consumer has shown what lies in it already.
  const childrenOf = (actor: ActorState, level: number) =>
    HOLDERS.has(actor.machine) || level > DEPTH_MAX ? [] : shownUnder(actor.id, 0);
  add(shownUnder(null, 0), 1);
  const consumers = rows.filter(({ isConsumer }) => isConsumer);
  const names = shortNames(consumers.map(({ name, actor: { place } }) => ({
    name,
    within: [place?.stream, place?.group].filter((each) => typeof each === "string"),
  })));
  const nameOf = new Map(consumers.map((row, index) => [row, names[index] ?? row.name]));
  return rows.map((row) => ({ ...row, name: nameOf.get(row) ?? row.name }));
}

/** Workers lie beside their consumer, and are shown in it: they work for the same place. */
function grouped(
  siblings: readonly ActorState[],
): { heads: ActorState[]; members: Map<string, ActorState[]> } {
  const consumers = new Map(
    siblings.filter(isConsumerRow).map((actor): [string, ActorState] => [placeText(actor), actor]),
  );
  const members = new Map<string, ActorState[]>();
  const others: ActorState[] = [];
  for (const actor of siblings) {
    if (isConsumerRow(actor)) continue;
    const owner = actor.place === null ? undefined : consumers.get(placeText(actor));
    if (owner === undefined) others.push(actor);
    else members.set(owner.id, [...members.get(owner.id) ?? [], actor]);
  }
  const heads = [...consumers].toSorted(([one], [other]) =>
    one.localeCompare(other, "en", { numeric: true })
  ).map(([, actor]) => actor);
  return { heads: [...others, ...heads], members };
}

/** A file may say that actors lie in each other without end. */
const DEPTH_MAX = 16;

/** Whether an actor stands for a consumer in the tree. */
export function isConsumerRow({ machine }: Pick<ActorState, "machine">): boolean {
  return machine === "consumer" || machine === "supervisor";
}

/** What an actor works for, in a text. */
export function placeText({ place }: ActorState): string {
  if (place === null) return "";
  return [place.stream, place.group, place.consumer].filter((each) => each !== null).join(" / ");
}

/** What an actor is called by itself: a root that nobody named is called after its machine. */
export function actorLabel(
  { name, systemId = null, machine }: Pick<ActorState, "name" | "machine"> & {
    readonly systemId?: string | null;
  },
): string {
  return systemId ?? (/^x:\d+$/.test(name) ? machine : name);
}
