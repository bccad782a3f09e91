/**
 * What an actor's context shows, as a row of single values, and how two rows differ. Rows are made when a reader asks, or at
 * once where a context may hold more than it shows.
 *
 * @module
 */

import { memberOf, scalarOf, shown, shownText, UNREADABLE } from "./capture.ts";
import type { Scalar, Values } from "./format.ts";
import type { MachineView, MemberView } from "./machine_views.ts";

/** Single values, in an order that its maker knows. It holds on to nothing else. */
export class Row {
  /** The values. */
  readonly values: readonly Scalar[];

  /** @param values Single values. */
  constructor(values: readonly Scalar[]) {
    this.values = values;
  }
}

interface Column {
  readonly member: string;
  readonly name: string;
  /** The parts that are shown, `null` for the member itself. */
  readonly parts: readonly string[] | null;
  readonly make: ((member: unknown) => Scalar) | null;
}

/** The columns of one machine's context. */
export class ContextColumns {
  /** The names of all values, in the order of a row. */
  readonly names: readonly string[];
  readonly #columns: readonly Column[];

  /** @param view What may be seen. */
  constructor({ context }: MachineView) {
    this.#columns = Object.entries(context).map(([member, view]) => ({
      member,
      name: typeof view === "object" && "name" in view ? view.name : member,
      parts: isParts(view) ? view : null,
      make: typeof view === "function"
        ? view
        : typeof view === "object" && "make" in view
        ? view.make
        : null,
    }));
    this.names = this.#columns.flatMap(({ member, name, parts }) =>
      parts === null ? [name] : parts.map((part) => `${member}.${part}`)
    );
  }

  /** The row of a context; a row is its own. Never throws. */
  rowOf(context: unknown): Row {
    if (isRow(context)) return context;
    const values: Scalar[] = [];
    for (const { member, parts, make } of this.#columns) {
      const value = memberOf(context, member);
      if (parts !== null) {
        for (const part of parts) values.push(scalarOf(memberOf(value, part)));
      } else values.push(make === null ? scalarOf(value) : made(make, value));
    }
    return new Row(values);
  }

  /** A context by name, fit to leave the process. Never throws. */
  valuesOf(context: unknown): Values {
    const { values } = this.rowOf(context);
    const named: Record<string, Scalar> = {};
    this.names.forEach((name, index) => {
      named[name] = shown(values[index] ?? null);
    });
    return named;
  }

  /** What differs between two contexts, by name, fit to leave the process. Never throws. */
  changesOf(
    before: unknown,
    after: unknown,
  ): Record<string, readonly [before: Scalar, after: Scalar]> {
    const named: Record<string, readonly [Scalar, Scalar]> = {};
    if (before === after) return named;
    const [{ values: old }, { values: young }] = [this.rowOf(before), this.rowOf(after)];
    this.names.forEach((name, index) => {
      const [was, is] = [old[index] ?? null, young[index] ?? null];
      if (was !== is) named[name] = [shown(was), shown(is)];
    });
    return named;
  }
}

/** What an event shows, as a row. Never throws. */
export function dataRow(names: readonly string[], event: unknown): Row {
  return isRow(event) ? event : new Row(names.map((name) => scalarOf(memberOf(event, name))));
}

/** What an event shows, by name, fit to leave the process. Never throws. */
export function dataOf(names: readonly string[], event: unknown): Values {
  const { values } = dataRow(names, event);
  const named: Record<string, Scalar> = {};
  names.forEach((name, index) => {
    const value = values[index] ?? null;
    if (value !== null) named[shownText(name)] = shown(value);
  });
  return named;
}

function made(make: (member: unknown) => Scalar, member: unknown): Scalar {
  try {
    return scalarOf(make(member));
  } catch {
    return UNREADABLE;
  }
}

/** A proxy may throw when it is asked what it is. */
function isRow(value: unknown): value is Row {
  try {
    return value instanceof Row;
  } catch {
    return false;
  }
}

function isParts(view: MemberView): view is readonly string[] {
  return Array.isArray(view);
}
