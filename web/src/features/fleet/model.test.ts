import { expect, it } from "vitest";
import { delayWords, propagationWords, readinessWords } from "./model";

const whole = {
  version: 12,
  published: true,
  edges: 4,
  serving: 4,
  last_edge: null,
  milliseconds: 180,
  laggards: [],
  heard_since: null,
};

it.each([
  [whole, "Version 12 is on 4 of 4 edges; all had it after 180 ms"],
  [
    { ...whole, serving: 3, milliseconds: null, laggards: ["edge-b"] },
    "Version 12 is on 3 of 4 edges; not yet on edge-b",
  ],
  [{ ...whole, edges: 0, serving: 0, milliseconds: null }, "Version 12 is published, and no edge is live to serve it"],
  [{ ...whole, published: false }, "Version 12 is not published yet"],
])("%o", (found, words) => {
  expect(propagationWords(found)).toBe(words);
});

it("says by how much an edge is behind", () => {
  expect(delayWords({ versions_behind: 0, seconds_behind: 0 })).toBe("none");
  expect(delayWords({ versions_behind: 2, seconds_behind: 75 })).toBe("2 versions, 1 min 15 s");
});

it.each([
  [undefined, "…", ""],
  [{ state: "ready", checks: { bus: "ok" } }, "Ready", ""],
  [{ state: "ready", checks: { bus: "ok", relay: "late" } }, "Degraded", "relay: late"],
  [{ state: "not_ready", checks: { bus: "no connection", key_store: "ok" } }, "Not ready", "bus: no connection"],
  [{ state: "away", checks: {} }, "Away", "It does not answer at this address"],
] as const)("a service's readiness %j is %s", (readiness, label, lacks) => {
  expect(readinessWords(readiness)).toMatchObject({ label, lacks });
});
