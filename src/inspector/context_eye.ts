/**
 * What an actor's context shows, as a row of single values, and how that row changes. Contexts are never changed in
 * place, so a member that is the same object as before has not changed, and most steps cost a few comparisons.
 *
 * @module
 */

import { isRecord, memberOf, scalarOf, shown, shownText, UNREADABLE } from "./capture.ts";
import type { Scalar, Values } from "./format.ts";
import type { MachineView, MemberView } from "./machine_views.ts";

interface Column {
  readonly member: string;
  /** The parts that are shown, `null` for the member itself. */
  readonly parts: readonly string[] | null;
  readonly make: ((member: unknown) => Scalar) | null;
  /** Where its first value is in the row. */
  readonly at: number;
  /** Where it is among the columns. */
  readonly index: number;
}

/** A member of a context, by its place there. */
interface Slot {
  readonly name: string;
  /** `null` for one that is not shown. */
  readonly column: Column | null;
}

/** A context with more members is read by name: going over all of them would take long. */
const LAYOUT_MAX = 64;

/**
 * What changed: column, value before, value after, and so on. Flat and used again and again, because one is needed at
 * almost every step: what is behind `count` is from before.
 */
export interface RowChanges {
  /** The values. */
  readonly list: Scalar[];
  /** How many of them count. */
  count: number;
}

/** An empty list of changes. */
export function noChanges(): RowChanges {
  return { list: [], count: 0 };
}

/** The columns of one machine's context. */
export class ContextColumns {
  /** The columns by member. */
  readonly members: readonly Column[];
  /** The names of all values, in the order of a row. */
  readonly names: readonly string[];

  /** @param view What may be seen. */
  constructor({ context }: MachineView) {
    const names: string[] = [];
    this.members = Object.entries(context).map(([member, view], index) => {
      const at = names.length;
      if (isParts(view)) names.push(...view.map((part) => `${member}.${part}`));
      else names.push(member);
      return {
        member,
        parts: isParts(view) ? view : null,
        make: typeof view === "function" ? view : null,
        at,
        index,
      };
    });
    this.names = names;
  }
}

/** Looks at one actor's contexts, one after the other. */
export class ContextEye {
  readonly #columns: ContextColumns;
  readonly #members: unknown[];
  readonly #row: Scalar[];
  #context: unknown = undefined;
  #layout: readonly Slot[] | null = null;
  #changes = noChanges();

  /** @param columns Those of its machine. */
  constructor(columns: ContextColumns) {
    this.#columns = columns;
    this.#members = columns.members.map(() => undefined);
    this.#row = columns.names.map(() => null);
  }

  /**
   * Looks at the context that is now. Never throws.
   *
   * @param changes Gets what is another value than before.
   */
  look(context: unknown, changes: RowChanges): void {
    changes.count = 0;
    if (context === this.#context) return;
    this.#context = context;
    this.#changes = changes;
    if (!this.#lookInOrder(context)) this.#lookByName(context);
  }

  /**
   * Going over the members in their own order is several times as fast as asking for each by its name, and they keep
   * their order. Nothing but what is listed is read.
   *
   * @returns Whether the context had the same members as the one before.
   */
  #lookInOrder(context: unknown): boolean {
    const layout = this.#layout;
    if (layout === null || !isRecord(context)) return false;
    try {
      let place = 0;
      for (const name in context) { // own members alone would have to be asked for one by one
        if (layout[place]?.name === name) {
          const column = layout[place++]?.column ?? null;
          if (column !== null) this.#see(column, context[name]);
        } else return false;
      }
      return place === layout.length;
    } catch {
      return false;
    }
  }

  #lookByName(context: unknown): void {
    const { members } = this.#columns;
    for (const column of members) this.#see(column, memberOf(context, column.member));
    this.#layout = layoutOf(context, members);
  }

  #see(column: Column, member: unknown): void {
    if (member === this.#members[column.index]) return;
    this.#members[column.index] = member;
    const { parts, at } = column;
    if (parts === null) this.#set(at, made(column, member));
    else {
      for (let part = 0; part < parts.length; part++) {
        this.#set(at + part, scalarOf(memberOf(member, parts[part] ?? "")));
      }
    }
  }

  /** The row as it was looked at last, fit to leave the process. */
  values(): Values {
    const values: Record<string, Scalar> = {};
    this.#columns.names.forEach((name, index) => {
      values[name] = shown(this.#row[index] ?? null);
    });
    return values;
  }

  #set(at: number, value: Scalar): void {
    const before = this.#row[at] ?? null;
    if (before === value) return;
    this.#row[at] = value;
    const changes = this.#changes;
    changes.list[changes.count++] = at;
    changes.list[changes.count++] = before;
    changes.list[changes.count++] = value;
  }
}

/** Changes by name, fit to leave the process. */
export function namedChanges(
  { list, count }: RowChanges,
  { names }: ContextColumns,
): Record<string, readonly [Scalar, Scalar]> {
  const named: Record<string, readonly [Scalar, Scalar]> = {};
  for (let index = 0; index < count; index += 3) {
    const name = names[Number(list[index])];
    if (name === undefined) continue;
    const [before, after] = [list[index + 1] ?? null, list[index + 2] ?? null];
    // A context that throws on the way is looked at twice: then the first value before counts.
    const first = Object.hasOwn(named, name) ? named[name] : undefined;
    named[name] = [first === undefined ? shown(before) : first[0], shown(after)];
  }
  return named;
}

/** Values of an event by name, fit to leave the process. */
export function namedData(names: readonly string[], data: readonly Scalar[]): Values {
  const named: Record<string, Scalar> = {};
  names.forEach((name, index) => {
    const value = data[index] ?? null;
    if (value !== null) named[shownText(name)] = shown(value);
  });
  return named;
}

function made({ make }: Column, member: unknown): Scalar {
  if (make === null) return scalarOf(member);
  try {
    return scalarOf(make(member));
  } catch {
    return UNREADABLE;
  }
}

function isParts(view: MemberView): view is readonly string[] {
  return Array.isArray(view);
}

/** The order of a context's members, `null` when it has too many or cannot be read. */
function layoutOf(context: unknown, columns: readonly Column[]): readonly Slot[] | null {
  if (!isRecord(context)) return null;
  const slots: Slot[] = [];
  try {
    for (const name in context) {
      if (slots.length < LAYOUT_MAX) {
        slots.push({ name, column: columns.find(({ member }) => member === name) ?? null });
      } else return null;
    }
  } catch {
    return null;
  }
  // A member that is there and cannot be gone over, such as one that is not enumerable, is read by name each time.
  return columns.every(({ member }) => slots.some(({ name }) => name === member)) ? slots : null;
}
