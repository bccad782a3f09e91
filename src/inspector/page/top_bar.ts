/**
 * The top of the page: which process is looked at and how the page is connected to it, and session files.
 *
 * @module
 */

import type { InstanceLine } from "../source.ts";
import { button, make, setAttribute, setShown, setText } from "./dom.ts";
import type { Inspection, View } from "./inspection.ts";
import type { Connection } from "./following.ts";
import { ageText, counted, momentText } from "./words.ts";

/** What its user can do there. */
export interface TopBarActions {
  /** Follows another process. */
  readonly follow: (instance: string | null) => void;
  /** Leaves a file for the process that was followed before. */
  readonly close: () => void;
  /** Opens a file. */
  readonly open: (file: File) => void;
  /** Saves what the process has recorded. */
  readonly save: () => void;
  /** Uses a token. */
  readonly unlock: (token: string) => void;
}

/** A process that runs consumers tells something each second or so; one that is silent for longer may hang, in ms. */
const SILENT_MS = 5_000;

/** How a connection is said. */
const CONNECTION_WORDS: Readonly<Record<Connection, string>> = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Disconnected, trying again",
  ended: "The process has ended",
  waiting: "No process yet",
  locked: "A token is needed",
  refused: "Refused",
};

/** The top of the page. */
export class TopBar implements View {
  /** The part of the page. */
  readonly element: HTMLElement;
  /** What stands under it while something is the matter. */
  readonly banner: HTMLElement;
  readonly #inspection: Inspection;
  readonly #status = make("output", {
    class: "connection",
    attributes: { id: "connection", "aria-live": "polite" },
  });
  /** Not among what is read out: it changes each second. */
  readonly #silence = make("span", { class: "silence" });
  readonly #about = make("span", { class: "muted about" });
  readonly #select = make("select", { attributes: { "aria-label": "Process" } });
  readonly #notice = make("span", { attributes: { role: "status" } });
  readonly #dismiss: HTMLButtonElement;
  readonly #unlock: HTMLFormElement;
  readonly #leave: HTMLButtonElement;
  readonly #save: HTMLButtonElement;
  #listed: readonly InstanceLine[] = [];
  #instances = "";
  #said = "";
  #hiddenBreaks = 0;

  /** @param actions What its user can do; @param more Further buttons. */
  constructor(inspection: Inspection, { actions, more }: {
    readonly actions: TopBarActions;
    readonly more: readonly HTMLElement[];
  }) {
    this.#inspection = inspection;
    const file = make("input", {
      attributes: { type: "file", accept: ".jsonl,.ndjson,.json", id: "session-file" },
    });
    file.hidden = true;
    file.addEventListener("change", () => {
      const [first] = file.files ?? [];
      if (first !== undefined) actions.open(first);
      file.value = "";
    });
    this.#select.addEventListener("change", () => actions.follow(this.#select.value || null));
    this.#leave = button("Close file", { click: actions.close });
    this.#save = button("Save session", { click: actions.save, attributes: { id: "save" } });
    this.#dismiss = button("Dismiss", { click: () => this.#forgive() });
    const token = make("input", {
      attributes: {
        type: "password",
        id: "token",
        autocomplete: "off",
        "aria-label": "Token",
        placeholder: "Token",
      },
    });
    this.#unlock = make("form", { children: [token, make("button", { text: "Unlock" })] });
    this.#unlock.addEventListener("submit", (event) => {
      event.preventDefault();
      actions.unlock(token.value);
      token.value = "";
    });
    this.element = make("header", {
      class: "top",
      children: [
        make("h1", { text: "Tidemark" }),
        this.#status,
        this.#silence,
        this.#select,
        this.#about,
        make("span", {
          class: "tools",
          children: [
            ...more,
            button("Open session", { click: () => file.click() }),
            this.#save,
            this.#leave,
            file,
          ],
        }),
      ],
    });
    this.banner = make("div", {
      class: "banner",
      children: [this.#notice, this.#unlock, this.#dismiss],
    });
  }

  /** Says something, such as why a file cannot be opened. */
  say(text: string): void {
    this.#said = text;
    this.#inspection.changed();
  }

  /** Lists the processes that can be looked at. */
  list(instances: readonly InstanceLine[]): void {
    this.#listed = instances;
    this.#inspection.changed();
  }

  /** What is looked at is among them, also when it has ended: whoever looks on must not take another one for it. */
  #renderList(): void {
    const { instance, recording: { header } } = this.#inspection;
    const listed = this.#listed;
    const isListed = listed.some((each) =>
      instance === null ? each.isHere : each.instance === instance
    );
    const key = JSON.stringify([listed, instance, isListed ? "" : header?.instance]);
    if (key === this.#instances) return;
    this.#instances = key;
    const options = listed.map((each) => {
      const value = each.isHere ? "" : each.instance;
      const text = `${each.instance}${each.isHere ? " (this one)" : ""}${
        each.canBeFollowed ? "" : ", cannot be followed"
      }`;
      const option = make("option", { text, attributes: { value } });
      option.disabled = !each.canBeFollowed;
      option.selected = value === (instance ?? "");
      return option;
    });
    if (!isListed) {
      const name = instance ?? header?.instance;
      const text = name === undefined ? "Choose a process" : `${name}, not there`;
      const gone = make("option", { text, attributes: { value: "" } });
      gone.disabled = true;
      gone.selected = true;
      options.unshift(gone);
    }
    this.#select.replaceChildren(...options);
  }

  /** {@linkcode View.render} */
  render(): void {
    const { connection, origin, fileName, recording, statuses, silentMs } = this.#inspection;
    const isFile = origin === "file";
    setText(this.#status, isFile ? `File ${fileName}` : CONNECTION_WORDS[connection]);
    setAttribute(this.#status, "data-state", isFile ? "file" : connection);
    const isSilent = silentMs >= SILENT_MS;
    setText(this.#silence, isSilent ? `nothing heard for ${ageText(silentMs)}` : "");
    setShown(this.#silence, isSilent);
    const name = recording.header?.instance ?? "";
    const version = statuses.last === null ? "" : ` · ${statuses.last.version}`;
    setText(this.#about, name === "" ? "" : `${name}${version}`);
    this.#renderList();
    setShown(this.#select, !isFile && this.#select.options.length > 1);
    setShown(this.#leave, isFile);
    setShown(this.#save, !isFile);
    this.#renderBanner();
  }

  #renderBanner(): void {
    const { connection, connectionReason, origin, recording, cursor, nowMs } = this.#inspection;
    const isAway = origin === "live" && !["live", "connecting", "waiting"].includes(connection);
    const missing = recording.breaks.slice(this.#hiddenBreaks);
    const count = missing.reduce((sum, each) => sum + each.count, 0);
    const seen = recording.lastMs === 0 ? "" : ` What you see is from ${momentText(nowMs)}.`;
    const reason = connectionReason === "" ? "" : ` ${connectionReason}.`;
    const words = this.#said !== ""
      ? this.#said
      : isAway
      ? connection === "locked"
        ? `${connectionReason}.`
        : `${CONNECTION_WORDS[connection]}.${reason}${seen}`
      : count > 0
      ? `${counted(count, "frame")} missing: more happened than could be kept or sent. ${
        fleetIsCounted(recording)
          ? "States and counts are right, only single steps are missing."
          : ""
      }`
      : missing.length > 0
      ? "The process began anew: what it was before stays in the timeline."
      : connection === "connecting" && connectionReason !== ""
      ? connectionReason
      : "";
    setShown(this.banner, words !== "");
    setText(this.#notice, words);
    setShown(this.#unlock, isAway && connection === "locked");
    setShown(this.#dismiss, this.#said !== "" || (!isAway && missing.length > 0));
    setAttribute(this.banner, "data-kind", isAway || this.#said !== "" ? "trouble" : "note");
    document.body.classList.toggle("away", isAway);
    document.body.classList.toggle("past", cursor !== null);
  }

  #forgive(): void {
    if (this.#said === "") this.#hiddenBreaks = this.#inspection.recording.breaks.length;
    this.#said = "";
    this.#inspection.changed();
  }
}

/** Whether the process counts itself, so that a gap costs no count. */
function fleetIsCounted({ fleet }: Inspection["recording"]): boolean {
  return [...fleet?.values() ?? []].some(({ taken }) => taken !== undefined);
}
