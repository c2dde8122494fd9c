import { afterEach, expect, test, vi } from "vitest";
import { Problem } from "@/api/problem";
import { button, render, soon, takeAway, text } from "../testing";
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

afterEach(takeAway);

const archived = { data: { version: 2, changes: [] }, etag: null };

const opened = (archive: (how: How) => Promise<typeof archived>) =>
  render(
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
    </ActReview>,
  );

const refused = (code: string) =>
  new Problem({
    status: 409,
    title: "Conflict",
    detail: "the flag checkout names it",
    code,
    fields: [{ field: "here", code, message: "see above" }],
  });

test("an act that would go through can be done", async () => {
  const asked: How[] = [];
  await opened(async (how) => {
    asked.push(how);
    return archived;
  });
  await soon(() => expect(asked).toEqual([{ dryRun: true }]));
  expect(button("Archive segment")?.disabled).toBe(false);
  expect(text()).toContain("No rule can name it any more.");
});

test("one that would be refused says why, and can't be sent", async () => {
  await opened(() => Promise.reject(refused("in_use")));
  await soon(() => expect(text()).toContain("The flag checkout names it."));
  expect(button("Archive segment")?.disabled).toBe(true);
});

test("one that somebody wants to know the reason of waits for it", async () => {
  await opened(({ reason }) =>
    reason === undefined ? Promise.reject(refused("reason_required")) : Promise.resolve(archived),
  );
  await soon(() => expect(document.body.querySelector("textarea")?.required).toBe(true));
  expect(text()).not.toContain("names it");
  expect(button("Archive segment")?.disabled).toBe(true);
});

test("one that others have to agree to is asked for", async () => {
  await opened(() => Promise.reject(refused("approval_required")));
  await soon(() => expect(button("Request approval")?.disabled).toBe(false));
  expect(button("Archive segment")).toBeUndefined();
});
