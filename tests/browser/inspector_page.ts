/**
 * The inspector's page in a browser: what its user does there, and what he sees.
 *
 * @module
 */

import type { Page } from "puppeteer-core";
import type { Chromium } from "./chromium.ts";

/** An expression for the states that are lit, without the machine itself, the innermost one last. */
export const LIT =
  `[...document.querySelectorAll(".tidemark-chart .active")].map((g) => g.dataset.state)
    .sort((one, other) => one.length - other.length)`;

/** A state that was lit. */
export interface Light {
  /** Its id, such as `consumer.reading`. */
  readonly state: string;
  /** When, in ms since 1970. */
  readonly atMs: number;
}

/** What the page shows of a moment. */
export interface Picture {
  /** The frame after which it is. */
  readonly seq: number;
  /** The tree, by name: what is seen in which order is up to the style sheet. */
  readonly rows: readonly string[];
  /** Names in the timeline. */
  readonly lanes: readonly string[];
  /** Who is chosen, and its id. */
  readonly chosen: string;
  readonly actor: string;
  /** Which states of it are lit. */
  readonly lit: readonly string[];
  /** Its context, as texts. */
  readonly context: Readonly<Record<string, string>>;
  /** What the last step changed. */
  readonly was: readonly string[];
}

/** The page, opened. */
export class InspectorPage {
  /** For what is not here. */
  readonly page: Page;
  /** Errors of scripts and of the console, among them what the Content-Security-Policy has forbidden. */
  readonly faults: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.faults.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") this.faults.push(message.text());
    });
  }

  /** Opens it, in a browser without a past. @param path What follows the address of the service. */
  static async open(
    chromium: Chromium,
    url: string,
    { path = "/inspector" }: { readonly path?: string } = {},
  ): Promise<InspectorPage> {
    const opened = new InspectorPage(await chromium.newPage());
    await opened.page.setViewport({ width: 1280, height: 860 });
    await opened.page.goto(`${url}${path}`);
    return opened;
  }

  /** Waits until it says how it is connected. */
  async becomes(state: string): Promise<void> {
    await this.page.waitForSelector(`#connection[data-state="${state}"]`);
  }

  /** Waits until an expression holds in the page. */
  async until(expression: string): Promise<void> {
    try {
      await this.page.waitForFunction(expression, { polling: 20 });
    } catch (cause) {
      const shown = await this.texts(
        "#connection, .banner, .row, .chart header, .chart .why, .said",
      );
      throw new Error(`Waited in vain for ${expression}, shown is:\n${shown.join("\n")}`, {
        cause,
      });
    }
  }

  /** Waits until what was done is drawn, also where its chart had to come first. */
  async painted(): Promise<void> {
    await this.page.evaluate(
      `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))`,
    );
    await this.until(`![...document.querySelectorAll(".chart .empty")].some((each) =>
      each.offsetParent !== null && each.textContent.startsWith("Loading"))`);
  }

  /** Presses a key, and waits until what it does is drawn. */
  async key(name: "ArrowLeft" | "ArrowRight" | "Escape" | "/" | "0"): Promise<void> {
    await this.page.keyboard.press(name);
    await this.painted();
  }

  /** What an expression gives in the page. */
  async give(expression: string): Promise<unknown> {
    return await this.page.evaluate(expression);
  }

  /** The text of a part of the page. */
  async text(selector: string): Promise<string> {
    return String(
      await this.give(`document.querySelector(${JSON.stringify(selector)}).textContent`),
    );
  }

  /** The texts of all such parts that are seen. */
  async texts(selector: string): Promise<string[]> {
    const found = await this.give(
      `[...document.querySelectorAll(${JSON.stringify(selector)})]
        .filter((each) => each.offsetParent !== null).map((each) => each.textContent)`,
    );
    return Array.isArray(found) ? found.map(String) : [];
  }

  /** Clicks a button by its text. */
  async press(text: string): Promise<void> {
    await this.give(
      `[...document.querySelectorAll("button")].find((each) => each.textContent === ${
        JSON.stringify(text)
      } && each.offsetParent !== null).click()`,
    );
  }

  /** Shows only the lines of the log that hold a text. */
  async searchLog(text: string): Promise<void> {
    await this.give(`(() => {
      const field = document.querySelector("#log-text");
      field.value = ${JSON.stringify(text)};
      field.dispatchEvent(new Event("input", { bubbles: true }));
    })()`);
  }

  /** Chooses a consumer in the tree by its name. */
  async choose(name: string): Promise<void> {
    const wanted = JSON.stringify(name);
    const row = `[...document.querySelectorAll(".row")].find((row) =>
      row.querySelector(".name").textContent === ${wanted} && !row.hidden)`;
    await this.until(`${row} !== undefined`);
    await this.give(`${row}.click()`);
    await this.until(`document.querySelector(".chart h2").textContent === ${wanted}`);
  }

  /** Waits until this state of the chosen machine is the only one that is lit, but for those around it. */
  async lights(state: string): Promise<void> {
    await this.until(`${LIT}.at(-1) === ${JSON.stringify(state)}`);
  }

  /** Writes down which state is lit when, from now on: the page and its process have the same clock. */
  async watchLights(): Promise<void> {
    await this.give(`(() => {
      globalThis.lights = [];
      const note = () => {
        const state = ${LIT}.at(-1);
        if (state !== undefined && state !== globalThis.lights.at(-1)?.state) {
          globalThis.lights.push({ state, atMs: Date.now() });
        }
      };
      const what = { subtree: true, childList: true, attributes: true, attributeFilter: ["class"] };
      new MutationObserver(note).observe(document.querySelector(".chart-place"), what);
      note();
    })()`);
  }

  /** What was lit since {@linkcode InspectorPage.watchLights}. */
  async lightsSeen(): Promise<readonly Light[]> {
    const text = String(await this.give("JSON.stringify(globalThis.lights)"));
    const seen: Light[] = JSON.parse(text);
    return seen;
  }

  /** Everything that the page shows of one moment, but for spans of time, which go on. */
  async picture(): Promise<Picture> {
    const text = String(
      await this.give(`JSON.stringify((() => {
        const texts = (selector) => [...document.querySelectorAll(selector)]
          .filter((each) => each.offsetParent !== null).map((each) => each.textContent);
        return {
          seq: Number(document.querySelector(".timeline canvas").getAttribute("aria-valuenow")),
          rows: texts(".row .name").map((name, index) => name + " " + texts(".row .state")[index]).sort(),
          lanes: texts(".lane-name"),
          chosen: document.querySelector(".chart h2").textContent,
          actor: document.querySelector(".chart").dataset.actor ?? "",
          lit: ${LIT},
          context: Object.fromEntries([...document.querySelectorAll(".values .pair[data-name]")]
            .map((pair) => [pair.dataset.name, pair.querySelector(".value").textContent])),
          was: texts(".values .was:not(:empty)"),
        };
      })())`),
    );
    const picture: Picture = JSON.parse(text);
    return picture;
  }

  /** Drops a file on the page. */
  async drop(name: string, text: string): Promise<void> {
    await this.give(`(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)}));
      const how = { dataTransfer, bubbles: true, cancelable: true };
      document.dispatchEvent(new DragEvent("drop", how));
    })()`);
  }

  /** What a value of the context is shown as. */
  async value(name: string): Promise<string> {
    return await this.text(`.values [data-name="${name}"] .value`);
  }
}
