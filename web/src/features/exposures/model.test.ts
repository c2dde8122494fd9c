import { describe, expect, it } from "vitest";
import { ROWS_MAX, refusalWords, shareWords, shown, tailRow, withNewer } from "./model";

const event = (name: string, data: unknown) => ({ event: name, data: JSON.stringify(data) });
const exposure = (user: string) =>
  event("accepted", { received_at: 5, type: "exposure", event: { user_key: user, flag: "checkout", variation: "on" } });
const late = event("rejected", {
  received_at: 6,
  rejected: { index: 3, code: "too_late", detail: "timestamp: older than 730 days" },
});

describe("a row of the tail", () => {
  it("says who saw what", () => {
    expect(tailRow(exposure("anna"), 1)).toMatchObject({
      kind: "exposure",
      subject: "checkout",
      unit: "anna",
      detail: "on",
      receivedAt: 5,
    });
  });

  it("says what was measured, and what SDKs counted", () => {
    const metric = event("accepted", {
      received_at: 1,
      type: "metric",
      event: { user_key: "u", metric: "revenue", value: 9.5 },
    });
    expect(tailRow(metric, 1)).toMatchObject({ kind: "metric", subject: "revenue", detail: "9.5" });
    const usage = event("accepted", {
      received_at: 1,
      type: "usage",
      event: {
        counts: [
          { count: 3, reason: "SPLIT", sdk: "python/1.0" },
          { count: 4, reason: "STATIC" },
        ],
      },
    });
    expect(tailRow(usage, 1)).toMatchObject({
      kind: "usage",
      subject: "python/1.0",
      detail: "7 evaluations of a minute",
    });
  });

  it("says why an event was refused, and what was missed", () => {
    expect(tailRow(late, 1)).toMatchObject({
      kind: "refused",
      subject: "too_late",
      detail: "timestamp: older than 730 days",
    });
    expect(tailRow(event("missed", { count: 1 }), 1)).toMatchObject({
      detail: "1 event came faster than this page reads",
    });
  });

  it("is none of what has another form", () => {
    for (const strange of ["", "[]", "7", '{"event":7}', '{"type":"other","event":{}}'])
      expect(tailRow({ event: "accepted", data: strange }, 1)).toBeNull();
  });
});

it("keeps the newest first, and no more than its limit", () => {
  const many = Array.from({ length: ROWS_MAX + 5 }, (_, index) => exposure(`u${index}`));
  const rows = withNewer(withNewer([], many, 1), [late], 1 + many.length);
  expect(rows).toHaveLength(ROWS_MAX);
  expect(rows[0]?.kind).toBe("refused");
  expect(rows[1]?.unit).toBe(`u${ROWS_MAX + 4}`);
  expect(new Set(rows.map((each) => each.id)).size).toBe(ROWS_MAX);
});

it("is narrowed down by kind and text", () => {
  const rows = withNewer([], [exposure("anna"), exposure("bert"), late], 1);
  expect(shown(rows, { kind: "refused", text: "" }).map((each) => each.kind)).toEqual(["refused"]);
  expect(shown(rows, { kind: "accepted", text: "ANN" }).map((each) => each.unit)).toEqual(["anna"]);
});

it("says what refusals are made of, the most first", () => {
  expect(refusalWords({ timestamp_too_old: 1200, lone_surrogate: 1 })).toBe("1,200 too old, 1 lone surrogate");
  expect(refusalWords({ too_late: 2, malformed_event: 7, nothing: 0 })).toBe("7 malformed, 2 too late");
});

it("says shares beside those that are expected, where any are", () => {
  expect(shareWords({ share: 0.5261, expected_share: 0.5 })).toBe("52.61% of exposures, 50.00% expected");
  expect(shareWords({ share: 0.5, expected_share: null })).toBe("50.00% of exposures");
  expect(shareWords({ share: null, expected_share: 0.5 })).toBe("50.00% expected");
});
