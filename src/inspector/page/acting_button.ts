/**
 * A button whose click asks something of the service: it says what became of that, where it was clicked.
 *
 * @module
 */

import { button, setAttribute, setText } from "./dom.ts";

/** What a button says stays so long, in ms; a second click has to come as soon. */
const SAID_MS = 3_000;

/**
 * A button that says what became of its click.
 *
 * @param options `wantsTwo`: whether one click is not enough, because it does much at once.
 */
export function actingButton(
  text: string,
  act: () => Promise<string>,
  { wantsTwo = false }: { readonly wantsTwo?: boolean } = {},
): HTMLButtonElement {
  let state: "rests" | "armed" | "acts" = "rests";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const show = (next: typeof state, said: string) => {
    state = next;
    setText(made, said);
    // Not disabled, which would take the focus from who uses keys.
    setAttribute(made, "aria-disabled", next === "acts" ? "true" : null);
    made.classList.toggle("armed", next === "armed");
  };
  const restLater = () => {
    clearTimeout(timer);
    timer = setTimeout(() => show("rests", text), SAID_MS);
  };
  const made = button(text, {
    click: async () => {
      if (state === "acts") return;
      if (wantsTwo && state === "rests") {
        show("armed", `${text}: sure?`);
        return restLater();
      }
      clearTimeout(timer);
      show("acts", text);
      const said = await act().catch((error: unknown) =>
        error instanceof Error ? error.message : "It could not be done"
      );
      show("acts", said);
      restLater();
    },
  });
  return made;
}
