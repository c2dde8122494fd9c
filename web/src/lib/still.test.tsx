import { act, render } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useStill } from "./still";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function Row({ name }: { readonly name: string }) {
  return (
    <p>
      {name} {useStill() ? "asks" : "passes"}
    </p>
  );
}

const wait = (milliseconds: number) => act(() => vi.advanceTimersByTimeAsync(milliseconds));

it("asks once nothing has come for a moment, and never for what has gone", async () => {
  const { container, rerender } = render(<Row key="one" name="one" />);
  await wait(100);
  expect(container.textContent).toBe("one passes");
  rerender(<Row key="two" name="two" />);
  await wait(100);
  expect(container.textContent).toBe("two passes");
  await wait(100);
  expect(container.textContent).toBe("two asks");
});
