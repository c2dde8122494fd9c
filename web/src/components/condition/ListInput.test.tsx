import { act } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { render, takeAway } from "../testing";
import { ListInput } from "./ListInput";

const change = vi.fn();

beforeEach(() =>
  render(
    <ListInput
      value={["SE"]}
      onChange={change}
      kind="text"
      suggestions={[]}
      path="value"
      error={null}
      placeholder=""
    />,
  ),
);

afterEach(() => {
  takeAway();
  change.mockClear();
});

function paste(text: string): void {
  const field = document.querySelector("input:not([type=hidden])");
  if (field === null) throw new Error("there is no field");
  const event = new Event("paste", { bubbles: true, cancelable: true });
  Object.assign(event, { clipboardData: { getData: () => text } });
  act(() => {
    field.dispatchEvent(event);
  });
}

test.each(["DE\nFR\nSE", "DE\r\nFR\r\n", "DE, FR", "DE\tFR"])("%j is pasted as values", (text) => {
  paste(text);
  expect(change.mock.calls).toEqual([[["SE", "DE", "FR"]]]);
});

test("one line is the browser's to paste", () => {
  paste("New York");
  expect(change.mock.calls.flat(2)).not.toContain("New");
});
