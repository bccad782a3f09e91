/**
 * The inspector's page in a browser: what its user does there, and what he sees.
 *
 * @module
 */

import type { Page } from "puppeteer-core";
import type { Chromium } from "./chromium.ts";

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
    await this.page.waitForFunction(expression, { polling: 20 });
  }

  /** Waits until what was done is drawn. */
  async painted(): Promise<void> {
    await this.page.evaluate(
      `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))`,
    );
  }

  /** Presses a key, and waits until what it does is drawn. */
  async key(name: "ArrowLeft" | "ArrowRight" | "Escape" | "/"): Promise<void> {
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

  /** Chooses a consumer in the tree by its name. */
  async choose(name: string): Promise<void> {
    const wanted = JSON.stringify(name);
    const row = `[...document.querySelectorAll(".row")].find((row) =>
      row.querySelector(".name").textContent === ${wanted} && !row.hidden)`;
    await this.until(`${row} !== undefined`);
    await this.give(`${row}.click()`);
    await this.until(`document.querySelector(".chart h2").textContent === ${wanted}`);
  }

  /** What a value of the context is shown as. */
  async value(name: string): Promise<string> {
    return await this.text(`.values [data-name="${name}"] .value`);
  }
}
