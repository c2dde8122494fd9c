import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Problem } from "@/api/problem";
import { button, press, render, soon, takeAway, text } from "@/components/testing";
import { BulkReview } from "./BulkReview";
import { changeMany } from "./queries";

vi.mock("@/api/place", () => ({
  usePlace: () => ({
    project: { key: "shop" },
    environment: { key: "staging", name: "Staging", protected: false, reason_required: false },
  }),
}));
vi.mock("@/api/rights", () => ({ useRight: () => ({ allowed: false, known: true }) }));
vi.mock("./queries", () => ({ changeMany: vi.fn() }));

const production = { key: "production", name: "Production", protected: true, reason_required: false };
const tried = vi.mocked(changeMany);
const save = vi.fn(() => Promise.resolve());

beforeEach(() => {
  tried.mockReset();
  save.mockClear();
});

afterEach(takeAway);

const answered = (changed: string[], unchanged: string[] = []) => ({
  data: {
    id: "b",
    action: "switch",
    environment: "production",
    changed,
    unchanged,
    environment_versions: {},
    warnings: [],
  },
  etag: null,
});

const refused = (code: string, body = {}) =>
  new Problem({
    status: 409,
    title: "Conflict",
    detail: "1 of 2 flags can't be changed, so none is",
    code: "not_all",
    fields: [{ field: "keys[1]", code, message: "an experiment runs on it" }],
    body,
  });

const opened = () =>
  render(
    <BulkReview
      looked={{ do: "turn on", environment: production }}
      keys={["banner", "checkout"]}
      save={save}
      onAsked={() => undefined}
      onClose={() => undefined}
    />,
  );

test("many flags are tried, told one by one, and turned on", async () => {
  tried.mockResolvedValue(answered(["checkout"], ["banner"]));
  await opened();
  await soon(() => expect(text()).toContain("1 flag stays as it is"));
  expect(text()).toContain("Turn on checkout");
  await press(button("Turn on 2 flags in Production"));
  expect(save).toHaveBeenCalledWith({ reason: "", choice: null });
  expect(tried.mock.calls.map(([, , how]) => how.dryRun)).toEqual([true]);
});

test("what stands in the way is named by its flag", async () => {
  tried.mockRejectedValue(refused("in_use"));
  await opened();
  await soon(() => expect(text()).toContain("checkout: an experiment runs on it"));
  expect(button("Turn on 2 flags in Production")?.disabled).toBe(true);
});

test("where it is nothing but running experiments, what becomes of them is chosen", async () => {
  const body = { refusals: [{ experiments: [{ key: "one-step" }] }] };
  tried.mockImplementation((_, __, { choice }) =>
    choice === "stop" ? Promise.resolve(answered(["checkout"])) : Promise.reject(refused("experiment_affected", body)),
  );
  await opened();
  await soon(() => expect(text()).toContain("This changes who gets what in one-step"));
  expect(button("Turn on 2 flags in Production")?.disabled).toBe(true);
  await press(document.body.querySelector<HTMLInputElement>('input[value="stop"]'));
  await soon(() => expect(button("Turn on 2 flags in Production")?.disabled).toBe(false));
});

test("what others have to agree to is asked for", async () => {
  tried.mockRejectedValue(refused("approval_required"));
  await opened();
  await soon(() => expect(button("Request approval")?.disabled).toBe(false));
});

test("where nothing would change, nothing is sent", async () => {
  tried.mockResolvedValue(answered([], ["banner", "checkout"]));
  await opened();
  await soon(() => expect(text()).toContain("2 flags stay as they are"));
  expect(button("Turn on 2 flags in Production")?.disabled).toBe(true);
});
