import { describe, expect, test } from "vitest";
import { attentionName, attentionPath, attentionWords, type Item, isPressing, unhealthyOf } from "./attention";

const item = (kind: Item["kind"], more: Partial<Item> = {}): Item => ({
  kind,
  key: "checkout",
  name: "Checkout",
  environment: "production",
  since: "2026-11-29T10:00:00Z",
  count: 1,
  detail: {
    flag: "new-checkout",
    share: 2500,
    rollout: "slowly",
    author: { kind: "user", name: "bert@example.com" },
    status: "running",
  },
  ...more,
});

describe("what waits", () => {
  test.each([
    ["incident_open", "a guard found harm on new-checkout", "/p/shop/rollouts/slowly"],
    ["rollout_held", "is held at 25% of new-checkout", "/p/shop/rollouts/checkout"],
    ["rollout_awaits_approval", "waits for an approval at 25% of new-checkout", "/p/shop/rollouts/checkout"],
    ["change_request_waiting", "bert@example.com asks for a review", "/p/shop/changes/checkout"],
    ["change_request_failed", "could not be applied when it was due", "/p/shop/changes/checkout"],
    ["experiment_schedule_failed", "could not stop when it was due", "/p/shop/experiments/checkout"],
    ["experiment_past_end", "runs past its planned end", "/p/shop/experiments/checkout"],
    ["webhook_paused", "is paused, since its receiver fails", "/p/shop/webhooks/checkout"],
    ["token_unused", "was not used for 90 days", "/p/shop/keys/tokens"],
    ["flags_overdue", "1 flag past its expected end", "/p/shop/flags?lifecycle=overdue"],
  ] as const)("%s", (kind, words, path) => {
    expect(attentionWords(item(kind))).toBe(words);
    expect(attentionPath("shop", item(kind))).toBe(path);
  });

  test("what expires says when", () => {
    expect(attentionWords(item("sdk_key_expires"))).toMatch(/^expires on .*2026/);
    expect(attentionPath("shop", item("sdk_key_expires"))).toBe("/p/shop/keys");
  });

  test("several flags are counted", () => {
    expect(attentionWords(item("flags_overdue", { count: 3 }))).toBe("3 flags past their expected end");
    expect(attentionName(item("flags_overdue"))).toBe("Overdue flags");
  });

  test("a change request has its number", () => {
    expect(attentionName(item("change_request_waiting", { key: "7", name: "Turn it on" }))).toBe("#7 Turn it on");
  });

  test("what went wrong comes before what will be due", () => {
    expect([isPressing(item("incident_open")), isPressing(item("token_expires"))]).toEqual([true, false]);
  });
});

test("an experiment asks for somebody where its data can't be trusted", () => {
  const health = (state: "ok" | "warning" | "problem") =>
    ({
      key: state,
      name: state,
      health: { state, findings: [{ name: "sample_ratio" }, { name: "outliers" }] },
    }) as never;
  expect(unhealthyOf([health("ok"), health("warning"), health("problem"), { health: null } as never])).toEqual([
    { key: "problem", name: "problem", why: "sample ratio, outliers" },
  ]);
});
