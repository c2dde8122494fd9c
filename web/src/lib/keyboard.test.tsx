import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { isHeard, keyName, useKeys } from "./keyboard";

let root: Root;
const edit = vi.fn();
const flags = vi.fn();
const save = vi.fn();

function Page() {
  useKeys({ e: edit, "g f": flags, "mod+s": save });
  return (
    <>
      <input aria-label="Name" />
      <button type="button">Open</button>
    </>
  );
}

function press(key: string, target: Element = document.body, more: KeyboardEventInit = {}): boolean {
  return target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
}

beforeEach(() => {
  vi.clearAllMocks();
  const container = document.body.appendChild(document.createElement("div"));
  root = createRoot(container);
  act(() => root.render(<Page />));
});

afterEach(() => {
  act(() => root.unmount());
  document.body.replaceChildren();
});

describe("keys of a page", () => {
  test("a letter, and two in a row", () => {
    press("e");
    press("g");
    press("f");
    expect([edit.mock.calls.length, flags.mock.calls.length]).toEqual([1, 1]);
  });

  test("letters do nothing where somebody types, mod+s does", () => {
    const field = document.querySelector("input") ?? document.body;
    press("e", field);
    expect(press("s", field, { ctrlKey: true })).toBe(false);
    expect([edit.mock.calls.length, save.mock.calls.length]).toEqual([0, 1]);
  });

  test("letters rest behind a dialog", () => {
    const dialog = document.body.appendChild(document.createElement("div"));
    dialog.setAttribute("role", "dialog");
    dialog.setAttribute("aria-modal", "true");
    press("e");
    expect(edit).not.toHaveBeenCalled();
  });

  test("what is heard is known while the page stands", () => {
    expect([isHeard("e"), isHeard("t")]).toEqual([true, false]);
    act(() => root.render(null));
    expect(isHeard("e")).toBe(false);
  });

  test("another key between the two ends the sequence", () => {
    press("g");
    press("x");
    press("f");
    expect(flags).not.toHaveBeenCalled();
  });

  test.each([
    [{ key: "k", metaKey: true }, "mod+k"],
    [{ key: "S", ctrlKey: true, shiftKey: true }, "mod+shift+s"],
    [{ key: "ArrowDown" }, "down"],
    [{ key: "?", shiftKey: true }, "?"],
  ])("%o is %s", (given, name) => {
    expect(keyName(new KeyboardEvent("keydown", given))).toBe(name);
  });
});
