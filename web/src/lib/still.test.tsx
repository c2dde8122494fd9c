import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { useStill } from "./still";

let root: Root;

function Row({ name }: { readonly name: string }) {
  return (
    <p>
      {name} {useStill() ? "asks" : "passes"}
    </p>
  );
}

const show = (name: string) => act(() => root.render(<Row key={name} name={name} />));
const wait = (milliseconds: number) => act(() => vi.advanceTimersByTimeAsync(milliseconds));
const shown = () => document.body.textContent;

beforeEach(() => {
  vi.useFakeTimers();
  root = createRoot(document.body.appendChild(document.createElement("div")));
});

afterEach(() => {
  act(() => root.unmount());
  document.body.replaceChildren();
  vi.useRealTimers();
});

test("a row asks once nothing has come for a moment", async () => {
  show("one");
  await wait(100);
  expect(shown()).toBe("one passes");
  show("two");
  await wait(100);
  expect(shown()).toBe("two passes");
  await wait(100);
  expect(shown()).toBe("two asks");
});
