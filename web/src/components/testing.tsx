/** For tests of what stands in a document: only they import it. */

import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, type ReactNode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { vi } from "vitest";

// A text field that grows looks at the fonts, which this document has none of.
if (!("fonts" in document)) Object.defineProperty(document, "fonts", { value: new EventTarget() });

let root: Root | undefined;

export async function render(shown: ReactNode): Promise<void> {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  root = createRoot(document.body.appendChild(document.createElement("div")));
  await act(async () =>
    root?.render(
      <MantineProvider env="test">
        <QueryClientProvider client={client}>{shown}</QueryClientProvider>
      </MantineProvider>,
    ),
  );
}

/** For `afterEach`. */
export function takeAway(): void {
  act(() => root?.unmount());
  document.body.replaceChildren();
}

/** Waits until it holds, with what was answered meanwhile shown. */
export const soon = (check: () => void) =>
  vi.waitFor(async () => {
    await act(async () => undefined);
    check();
  });

export const button = (name: string): HTMLButtonElement | undefined =>
  [...document.body.querySelectorAll("button")].find((each) => each.textContent === name);

export async function press(pressed: HTMLElement | null | undefined): Promise<void> {
  await act(async () => pressed?.click());
}

export const text = (): string => document.body.textContent ?? "";
