import { expect, it } from "vitest";
import { asItWas, choicesOf, lastAnswer, listensTo, standing } from "./model";

it.each([
  [{ enabled: true, paused_because: null, failing_since: null }, "Active"],
  [{ enabled: true, paused_because: null, failing_since: "2026-01-05T10:00:00Z" }, "Failing"],
  [{ enabled: false, paused_because: "asked", failing_since: null }, "Paused by somebody"],
  [{ enabled: false, paused_because: "gone", failing_since: null }, "Paused: the receiver says that it is gone"],
] as const)("%o", (webhook, label) => {
  expect(standing(webhook).label).toBe(label);
});

it("says what it is told of", () => {
  const all = { events: ["*"], projects: [], environments: [], tags: [] };
  expect(listensTo(all)).toBe("everything");
  expect(listensTo({ events: ["flag.*"], projects: ["shop"], environments: ["production"], tags: ["web"] })).toBe(
    "flag.* in production of shop, tagged web",
  );
});

it("says what came back", () => {
  expect(lastAnswer({ last_status: 500, last_error: null, attempts: 2 })).toBe("Status 500");
  expect(lastAnswer({ last_status: null, last_error: "timed out", attempts: 1 })).toBe("timed out");
  expect(lastAnswer({ last_status: null, last_error: null, attempts: 0 })).toBe("not sent yet");
});

it("offers everything, nouns and types", () => {
  expect(choicesOf(["flag.created", "flag.updated"])).toEqual(["*", "flag.*", "flag.created", "flag.updated"]);
});

it("takes back what was changed, and nothing else", () => {
  const webhook = {
    url: "https://hooks.example.com",
    description: "Chat",
    events: ["flag.*"],
    projects: [],
    environments: [],
    tags: [],
    enabled: true,
  };
  expect(asItWas(webhook, { enabled: false })).toEqual({ enabled: true });
  expect(asItWas(webhook, { description: "Other", events: ["*"] })).toEqual({
    description: "Chat",
    events: webhook.events,
  });
});
