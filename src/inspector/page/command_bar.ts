/**
 * What an operator can tell the consumer that was chosen. Where the process takes no commands there are no buttons. What
 * ends work wants a second click.
 *
 * @module
 */

import { button, make, setShown, setText } from "./dom.ts";
import type { Inspection } from "./inspection.ts";
import type { InspectorCommand } from "../source.ts";
import { isConsumerRow, placeText } from "./fleet_rows.ts";
import type { Wire } from "./wire.ts";

interface CommandButton {
  readonly command: InspectorCommand;
  readonly text: string;
  readonly title: string;
  /** Whether it ends work, so that a slip of the hand must not do it. */
  readonly wantsTwo: boolean;
}

const BUTTONS: readonly CommandButton[] = [
  { command: "pause", text: "Pause", title: "Reads no more until it is resumed", wantsTwo: false },
  { command: "resume", text: "Resume", title: "Goes on after a pause", wantsTwo: false },
  {
    command: "reclaim",
    text: "Reclaim now",
    title: "Looks for entries of dead consumers now",
    wantsTwo: false,
  },
  {
    command: "drain",
    text: "Drain",
    title: "Finishes what runs, commits it, and ends",
    wantsTwo: true,
  },
  { command: "restart", text: "Restart", title: "Starts it again", wantsTwo: true },
];

/** The second click has to come within so long, in ms. */
const ARMED_MS = 4_000;

/** The buttons. */
export class CommandBar {
  /** The part of the page. */
  readonly element = make("span", {
    class: "tools commands",
    attributes: { role: "group", "aria-label": "Commands" },
  });
  readonly #inspection: Inspection;
  readonly #wire: Wire;
  readonly #said = make("output", { class: "said", attributes: { "aria-live": "polite" } });
  readonly #buttons: HTMLButtonElement[];
  #armed: InspectorCommand | null = null;
  #armedFor: string | null = null;

  /** @param inspection What is shown. @param wire Who is told. */
  constructor(inspection: Inspection, wire: Wire) {
    this.#inspection = inspection;
    this.#wire = wire;
    this.#buttons = BUTTONS.map((each) => {
      const attributes = { title: each.title, "data-command": each.command };
      return button(each.text, { attributes, click: () => this.#press(each) });
    });
    this.element.append(this.#said, ...this.#buttons);
  }

  /** Shows them where they can be used. */
  render(): void {
    const { chosen, takesCommands, fleet } = this.#inspection;
    const isShown = takesCommands && chosen !== null && isConsumerRow(chosen);
    if (!isShown) this.#buttons.forEach((each) => each.remove());
    else if (this.#buttons[0]?.parentNode === null) this.element.append(...this.#buttons);
    // Only what is supervised can be started again.
    const isSupervised = chosen !== null &&
      [...fleet?.values() ?? []].some((each) =>
        each.machine === "supervisor" && placeText(each) === placeText(chosen)
      );
    BUTTONS.forEach(({ command }, index) => {
      const each = this.#buttons[index];
      if (each !== undefined && command === "restart") setShown(each, isSupervised);
    });
    if (this.#armedFor !== (chosen?.id ?? null)) this.#disarm();
    setShown(this.element, isShown || this.#said.textContent !== "");
  }

  #press(pressed: CommandButton): void {
    const { command, wantsTwo } = pressed;
    if (wantsTwo && this.#armed !== command) {
      this.#disarm();
      [this.#armed, this.#armedFor] = [command, this.#inspection.chosenId];
      this.#show();
      setTimeout(() => {
        if (this.#armed === command) this.#disarm();
      }, ARMED_MS);
      return;
    }
    this.#disarm();
    void this.#send(command);
  }

  #disarm(): void {
    [this.#armed, this.#armedFor] = [null, this.#inspection.chosenId];
    this.#show();
  }

  #show(): void {
    BUTTONS.forEach(({ command, text }, index) => {
      const each = this.#buttons[index];
      if (each === undefined) return;
      setText(each, this.#armed === command ? `${text}: sure?` : text);
      each.classList.toggle("armed", this.#armed === command);
    });
  }

  async #send(command: InspectorCommand): Promise<void> {
    const { chosen, instance } = this.#inspection;
    const { stream, group, consumer } = chosen?.place ?? {};
    // Without a place a command would be for everybody.
    if (typeof stream !== "string" || typeof group !== "string") return;
    if (typeof consumer !== "string") return;
    try {
      await this.#wire.command(command, { instance, stream, group, consumer });
      this.#say(`Sent: ${command}`);
    } catch (error) {
      this.#say(error instanceof Error ? error.message : "It could not be sent");
    }
  }

  #say(text: string): void {
    setText(this.#said, text);
    this.#inspection.changed();
    setTimeout(() => {
      if (this.#said.textContent === text) setText(this.#said, "");
    }, ARMED_MS);
  }
}
