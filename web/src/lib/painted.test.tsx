import { render, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { usePainted } from "./painted";

function Page({ ready }: { readonly ready: boolean }) {
  return <p>{usePainted(ready) ? "and the rest" : "what is looked at first"}</p>;
}

const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

it("draws the rest after a frame with what comes first", async () => {
  const { container, rerender } = render(<Page ready={false} />);
  await frame();
  await frame();
  expect(container.textContent).toBe("what is looked at first");
  rerender(<Page ready />);
  expect(container.textContent).toBe("what is looked at first");
  await waitFor(() => expect(container.textContent).toBe("and the rest"));
});
