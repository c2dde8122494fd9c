import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { usePainted } from "./painted";

let root: Root;

function Page({ ready }: { readonly ready: boolean }) {
  return <p>{usePainted(ready) ? "and the rest" : "what is looked at first"}</p>;
}

const show = (ready: boolean) => act(() => root.render(<Page ready={ready} />));
const wait = () => act(() => vi.advanceTimersByTimeAsync(100));
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

test("the rest is drawn a frame after what is looked at first", async () => {
  show(false);
  await wait();
  expect(shown()).toBe("what is looked at first");
  show(true);
  expect(shown()).toBe("what is looked at first");
  await wait();
  expect(shown()).toBe("and the rest");
});
