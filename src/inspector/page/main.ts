/**
 * The inspector's page: puts its parts together, and follows a process or shows a file.
 *
 * @module
 */

import { ActorNames } from "./actor_names.ts";
import { goToInstance, instanceOfAddress, isOfAddress, namePlace } from "./address.ts";
import { AlarmsView } from "./alarms_view.ts";
import { DeadLettersView, PendingView } from "./broker_views.ts";
import { ChartView } from "./chart_view.ts";
import { ContextView } from "./context_view.ts";
import { button, make } from "./dom.ts";
import { EventsView } from "./events_view.ts";
import { onFileDropped, openFile } from "./file_session.ts";
import { fleetRows, placeText } from "./fleet_rows.ts";
import { FleetView } from "./fleet_view.ts";
import { followProcess } from "./following.ts";
import { Inspection } from "./inspection.ts";
import { KEY_WORDS, listenToKeys } from "./keys.ts";
import { KIND_LOOKS, KINDS } from "./kinds.ts";
import { LogView } from "./log_view.ts";
import { SequenceView } from "./sequence_view.ts";
import { Tabs } from "./tabs.ts";
import { TimelineView } from "./timeline_view.ts";
import { TopBar } from "./top_bar.ts";
import { Wire, WireError } from "./wire.ts";

/** Processes come and go; they are listed again so often, in ms. */
const LIST_MS = 5_000;

/** Somebody who waits for the first one is not to wait for long, in ms. */
const LIST_WAITING_MS = 1_000;

/** So many messages of a file are taken at once; between them the page can be used. */
const SLICE = 5_000;

const wire = new Wire();
takeTokenOfAddress();
const inspection = new Inspection();
const names = new ActorNames();
let following = new AbortController();
/** Whom the address names, or whom the page has chosen by itself, which the address does not name. */
let named = "";

const log = new LogView(inspection, names);
const timeline = new TimelineView(inspection);
const tabs = new Tabs(inspection, [
  { id: "context", label: "Context", view: new ContextView(inspection) },
  { id: "log", label: "Log", view: log },
  { id: "sequence", label: "Sequence", view: new SequenceView(inspection, names) },
  { id: "events", label: "Events", view: new EventsView(inspection) },
  { id: "pending", label: "Pending", view: new PendingView(inspection, wire) },
  { id: "letters", label: "Dead letters", view: new DeadLettersView(inspection, wire) },
]);
const alarms = new AlarmsView(inspection);
const help = helpDialog();
const top = new TopBar(inspection, {
  actions: {
    follow: (instance) => {
      goToInstance(instance);
      follow(instance);
    },
    close: () => follow(instanceOfAddress()),
    open: (file) => void open(file),
    save: () => void save(),
    unlock: (token) => {
      wire.setToken(token);
      follow(inspection.instance);
    },
  },
  more: [
    alarms.element,
    button("?", {
      click: () => help.showModal(),
      attributes: { "aria-label": "Keys", title: "Keys (?)" },
    }),
  ],
});
const fleet = new FleetView(inspection);
const chart = new ChartView(inspection, wire);

document.body.replaceChildren(
  top.element,
  top.banner,
  make("main", {
    children: [
      fleet.element,
      make("div", { class: "middle", children: [timeline.element, chart.element] }),
      tabs.element,
    ],
  }),
  alarms.dialog,
  help,
);
inspection.show([{ render: chooseFirst }, top, fleet, timeline, chart, tabs, alarms]);
listenToKeys({
  step: (towards, ofAny) => inspection.step(towards, { ofAny }),
  live: () => timeline.goLive(),
  zoom: (factor) => timeline.zoom(factor),
  fit: () => timeline.fit(),
  filter: () => {
    tabs.show("log");
    log.focusFilter();
  },
  help: () => help.showModal(),
});
onFileDropped((file) => void open(file));
// Times in states go on although nothing happens.
setInterval(() => {
  inspection.changed();
  // Pictures are made for tabs that are seen; alarms are for the others, too.
  if (document.hidden) alarms.render();
}, 1_000);
setInterval(() => void list(), LIST_MS);
setInterval(() => {
  if (inspection.connection === "waiting") void list();
}, LIST_WAITING_MS);
addEventListener("popstate", () => {
  const instance = instanceOfAddress();
  if (inspection.origin === "file" || instance !== inspection.instance) follow(instance);
});
follow(instanceOfAddress());

/** Follows a process, `null` for the one that serves this page. */
function follow(instance: string | null): void {
  following.abort();
  following = new AbortController();
  const { signal } = following;
  begin("live", { instance });
  void list();
  // What another process still tells is not meant for this recording.
  const ifCurrent =
    <Told extends readonly unknown[]>(tell: (...told: Told) => void) => (...told: Told) => {
      if (!signal.aborted) tell(...told);
    };
  void followProcess({
    resumeId: () => inspection.recording.resumeId,
    messages: ifCurrent((messages) => inspection.take(messages)),
    status: ifCurrent((status) => inspection.takeStatus(status)),
    connection: ifCurrent((connection, reason) => {
      const before = inspection.connection;
      inspection.takeConnection(connection, reason);
      if (connection !== before && connection !== "live") void list();
    }),
  }, { wire, instance, signal });
}

/** Shows a session file. */
async function open(file: File): Promise<void> {
  try {
    const { messages, isCut } = await openFile(file);
    following.abort();
    begin("file", { fileName: file.name });
    for (let from = 0; from < messages.length; from += SLICE) {
      inspection.take(messages.slice(from, from + SLICE));
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    timeline.fit();
    top.say(isCut ? "The last line of the file was cut and is left out." : "");
  } catch (error) {
    top.say(error instanceof Error ? error.message : "The file cannot be opened");
  }
}

/** Another recording. */
function begin(
  origin: "live" | "file",
  about: { readonly instance?: string | null; readonly fileName?: string },
): void {
  inspection.reset(origin, about);
  names.clear();
  log.reset();
  timeline.goLive();
  top.say("");
}

/** Gives its user the recording as a file. */
async function save(): Promise<void> {
  try {
    const blob = await wire.sessionFile(inspection.instance);
    const link = make("a", { attributes: { href: URL.createObjectURL(blob) } });
    link.download = `tidemark-${inspection.recording.header?.instance ?? "session"}.jsonl`;
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (error) {
    top.say(error instanceof Error ? error.message : "It could not be saved");
  }
}

async function list(): Promise<void> {
  if (inspection.origin === "file" || document.hidden) return;
  try {
    const instances = await wire.instances();
    top.list(instances);
    // A service that runs no consumers shows one that does, rather than nothing.
    const first = instances.find(({ canBeFollowed }) => canBeFollowed);
    if (inspection.connection === "waiting" && first !== undefined) {
      follow(first.isHere ? null : first.instance);
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
}

/** So that the page shows something at once: what its address names, or else the first consumer. */
function chooseFirst(): void {
  const { chosen, chosenId, fleet, origin } = inspection;
  if (chosenId !== null || fleet === null) {
    if (chosen === null || origin === "file" || placeText(chosen) === named) return;
    named = placeText(chosen);
    namePlace(chosen.place);
    return;
  }
  const rows = fleetRows(fleet, new Set());
  const first = rows.find(({ actor }) => isOfAddress(actor.place)) ??
    rows.find(({ isConsumer }) => isConsumer) ?? rows[0];
  if (first === undefined) return;
  inspection.choose(first.actor);
  named = placeText(first.actor);
}

/** `#token=…` spares its user the typing; it never leaves this machine, and is taken out of the address at once. */
function takeTokenOfAddress(): void {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token === null) return;
  wire.setToken(token);
  history.replaceState(null, "", location.pathname + location.search);
}

function helpDialog(): HTMLDialogElement {
  const rows = KEY_WORDS.flatMap((
    [keys, does],
  ) => [make("dt", { text: keys }), make("dd", { text: does })]);
  const kinds = KINDS.map((kind) =>
    make("li", {
      class: `kind-${kind}`,
      children: [
        make("span", { class: "sign", text: KIND_LOOKS[kind].sign }),
        ` ${KIND_LOOKS[kind].name}`,
      ],
    })
  );
  return make("dialog", {
    attributes: { "aria-label": "Keys" },
    children: [
      make("h2", { text: "Keys" }),
      make("dl", { class: "keys", children: rows }),
      make("h3", { text: "Kinds of states" }),
      make("ul", { class: "kinds", children: kinds }),
      make("form", {
        attributes: { method: "dialog" },
        children: [make("button", { text: "Close" })],
      }),
    ],
  });
}
