import { afterEach, expect, test, vi } from "vitest";
import { closeOver, openHelp, openPalette, takeTyped } from "./state";

const page = vi.fn();

function type(...keys: readonly string[]): void {
  for (const key of keys) document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
}

afterEach(() => {
  closeOver();
  document.removeEventListener("keydown", page);
  page.mockClear();
});

test("what is typed while the palette comes is the palette's, and none of the page's", () => {
  document.addEventListener("keydown", page);
  openPalette();
  type("t", "e", "x", "Backspace", "s", " ", "Shift", "T");
  expect(page.mock.calls.map(([event]) => event.key)).toEqual(["Shift"]);
  expect(takeTyped()).toBe("tes T");
  type("t");
  expect(page).toHaveBeenCalledTimes(2);
  expect(takeTyped()).toBe("");
});

test.each([
  ["Escape", () => type("Escape")],
  ["help", openHelp],
])("%s ends it", (_, end) => {
  document.addEventListener("keydown", page);
  openPalette();
  type("a");
  end();
  type("b");
  expect(page.mock.calls.at(-1)?.[0].key).toBe("b");
  openPalette();
  expect(takeTyped()).toBe("");
});
