import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, expect, test, vi } from "vitest";
import { Problem } from "@/api/problem";
import { ActReview } from "./ActReview";
import type { How } from "./acts";

vi.mock("@/api/place", () => ({
  usePlace: () => ({
    project: { key: "shop" },
    environment: { key: "production", name: "Production", protected: false, reason_required: false },
  }),
}));
vi.mock("@/api/rights", () => ({ useRight: () => ({ allowed: false, known: true }) }));
vi.mock("./queries", () => ({
  policyQuery: () => ({ queryKey: ["policy"], queryFn: () => ({ required: false }) }),
  previewQuery: () => ({ queryKey: ["preview"], queryFn: () => null }),
}));

// A text field that grows looks at the fonts, which this document has none of.
Object.defineProperty(document, "fonts", { value: new EventTarget() });

let root: Root | undefined;

afterEach(() => {
  act(() => root?.unmount());
  document.body.replaceChildren();
});

const archived = { data: { version: 2, changes: [] }, etag: null };

async function opened(archive: (how: How) => Promise<typeof archived>): Promise<void> {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const into = document.body.appendChild(document.createElement("div"));
  root = createRoot(into);
  await act(async () =>
    root?.render(
      <MantineProvider env="test">
        <QueryClientProvider client={client}>
          <ActReview
            entity="segment"
            entityKey="beta"
            action="archive"
            document={{}}
            act={archive}
            refresh={() => Promise.resolve()}
            onClose={() => undefined}
          >
            No rule can name it any more.
          </ActReview>
        </QueryClientProvider>
      </MantineProvider>,
    ),
  );
}

/** Once what was tried is told. */
const told = (check: () => void) =>
  vi.waitFor(async () => {
    await act(async () => undefined);
    check();
  });

const refused = (code: string) =>
  new Problem({
    status: 409,
    title: "Conflict",
    detail: "the flag checkout names it",
    code,
    fields: [{ field: "here", code, message: "see above" }],
  });

const send = (name: string) => [...document.body.querySelectorAll("button")].find((each) => each.textContent === name);

test("an act that would go through can be done", async () => {
  const asked: How[] = [];
  await opened(async (how) => {
    asked.push(how);
    return archived;
  });
  await told(() => expect(asked).toEqual([{ dryRun: true }]));
  expect(send("Archive segment")?.disabled).toBe(false);
  expect(document.body.textContent).toContain("No rule can name it any more.");
});

test("one that would be refused says why, and can't be sent", async () => {
  await opened(() => Promise.reject(refused("in_use")));
  await told(() => expect(document.body.textContent).toContain("The flag checkout names it."));
  expect(send("Archive segment")?.disabled).toBe(true);
});

test("one that somebody wants to know the reason of waits for it", async () => {
  await opened(({ reason }) =>
    reason === undefined ? Promise.reject(refused("reason_required")) : Promise.resolve(archived),
  );
  await told(() => expect(document.body.querySelector("textarea")?.required).toBe(true));
  expect(document.body.textContent).not.toContain("names it");
  expect(send("Archive segment")?.disabled).toBe(true);
});

test("one that others have to agree to is asked for", async () => {
  await opened(() => Promise.reject(refused("approval_required")));
  await told(() => expect(send("Request approval")?.disabled).toBe(false));
  expect(send("Archive segment")).toBeUndefined();
});
