import { describe, expect, it } from "vitest";
import { createBody, documentOf, draftSentence, EMPTY, patchBody, spanOf } from "./model";

describe("the sentence of a metric", () => {
  const told = (more: Partial<typeof EMPTY>) => draftSentence({ ...EMPTY, event: "purchase", ...more });

  it("says what is counted, until when, and what is better", () => {
    expect(told({ windowEndDays: 7 })).toBe(
      "Share of users with a purchase within 7 days of their exposure. More is better.",
    );
    expect(told({ aggregation: "sum", winsorizeAt: 0.99 })).toBe(
      "Sum of the values of purchase per user, capped at the percentile 99. More is better.",
    );
    expect(told({ aggregation: "quantile", quantile: 0.5, direction: "lower_is_better" })).toBe(
      "Median of the values of purchase. Less is better.",
    );
    expect(told({ aggregation: "ratio", denominatorEvent: "session" })).toBe(
      "Values of purchase per value of session. More is better.",
    );
    expect(told({ aggregation: "retention", windowStartDays: 1, windowEndDays: 2 })).toBe(
      "Share of users who came back with a purchase, from 1 day until 2 days after their exposure. More is better.",
    );
  });

  it("reads well before there is an event, and with one that begins with a vowel", () => {
    expect(told({ event: "" })).toBe("Share of users with an event. More is better.");
    expect(told({ event: "order_placed" })).toBe("Share of users with an order_placed. More is better.");
  });

  it("tells a funnel by its steps", () => {
    expect(told({ aggregation: "funnel", steps: "view\n cart \n\npay" })).toContain("all steps view → cart → pay");
  });
});

describe("the document of a metric", () => {
  it("has nothing of another aggregation", () => {
    const made = documentOf({
      ...EMPTY,
      aggregation: "conversion",
      denominatorEvent: "x",
      property: "y",
      winsorizeAt: 0.9,
    });
    expect([made.denominator_event, made.property, made.winsorize_at, made.quantile, made.steps]).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  it("leaves the event to the service where it is the key", () => {
    expect(createBody({ ...EMPTY, key: "purchase" }).event).toBeNull();
  });

  it("changes only what was changed", () => {
    expect(patchBody(EMPTY, { ...EMPTY, description: "money" })).toEqual({ description: "money" });
    expect(patchBody(EMPTY, EMPTY)).toEqual({});
  });
});

describe("spanOf", () => {
  it("takes the largest unit that divides it", () => {
    expect([60, 3600, 86_400, 90, 172_800].map(spanOf)).toEqual([
      "1 minute",
      "1 hour",
      "1 day",
      "90 seconds",
      "2 days",
    ]);
  });
});
