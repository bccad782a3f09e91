/**
 * What may be seen of a machine, prepared for looking at many of its steps, and what of them is kept until a reader asks.
 *
 * @module
 */

import { ContextColumns } from "./context_eye.ts";
import type { MachineView } from "./machine_views.ts";

/** What is shown of an event. */
export interface EventView {
  /** The names of its members. */
  readonly names: readonly string[];
  /** Whether it is kept as it is. */
  readonly isSlight: boolean;
}

/** What may be seen of a machine. */
export interface PreparedView {
  /** The columns of its context. */
  readonly columns: ContextColumns;
  /** What is shown of its events, by type. */
  readonly events: ReadonlyMap<string, EventView>;
  /** Whether a context is kept as it is. Never throws. */
  readonly isSlight: (context: unknown) => boolean;
}

/** Prepares a view. */
export function prepareView(view: MachineView): PreparedView {
  const { contextIsSlight, slightEvents = [] } = view;
  const events = Object.entries(view.events).map(([type, names]) =>
    [type, { names, isSlight: slightEvents.includes(type) }] as const
  );
  return {
    columns: new ContextColumns(view),
    events: new Map(events),
    isSlight: contextIsSlight === undefined ? () => false : (context) => {
      try {
        return contextIsSlight(context);
      } catch {
        return false;
      }
    },
  };
}
