import { act, useState } from "react";
import { createPortal } from "react-dom";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { useFocusAfterDialogs } from "./use-focus-after-dialogs";

let root: Root;

function Page() {
  const [opened, setOpened] = useState(false);
  useFocusAfterDialogs();
  return (
    <main>
      <button type="button" onClick={() => setOpened(true)}>
        Approve
      </button>
      {opened &&
        createPortal(
          <div role="dialog" aria-modal="true">
            <input aria-label="Comment" />
            <button type="button" onClick={() => setOpened(false)}>
              Cancel
            </button>
          </div>,
          document.body,
        )}
    </main>
  );
}

beforeEach(() => {
  const container = document.body.appendChild(document.createElement("div"));
  root = createRoot(container);
  act(() => root.render(<Page />));
});

afterEach(() => {
  act(() => root.unmount());
  document.body.replaceChildren();
});

const button = (name: string) => [...document.querySelectorAll("button")].find((each) => each.textContent === name);

test("what opened a dialog has the focus when it is gone", async () => {
  const opener = button("Approve");
  opener?.focus();
  act(() => opener?.click());
  document.querySelector("input")?.focus();
  const cancel = button("Cancel");
  cancel?.focus();
  act(() => cancel?.click());
  await vi.waitFor(() => expect(document.activeElement).toBe(opener));
});
