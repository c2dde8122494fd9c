import { describe, expect, it } from "vitest";
import type { JsonObject } from "@/lib/json";
import { schemaWords } from "./schema-words";

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: "object", properties, ...more });

describe("what lies between two schemas", () => {
  it("is properties that came and went", () => {
    const before = object({ theme: { type: "string" }, old: {} }, { required: ["old"] });
    const after = object(
      { theme: { type: "string" }, retries: { type: "integer" } },
      { required: ["retries", "theme"] },
    );
    expect(schemaWords(before, after)).toEqual([
      "Added: retries, which must be there",
      "Removed: old",
      "Stricter: theme must be there",
    ]);
  });

  it("is what became stricter or looser, deep inside, too", () => {
    const before = object({
      retries: { type: "integer", maximum: 9, minimum: 0 },
      theme: { enum: ["light", "dark"] },
      texts: object({ pay: { type: "string", maxLength: 20 } }),
      list: { type: "array", items: { type: "integer" } },
    });
    const after = object({
      retries: { type: "integer", maximum: 5 },
      theme: { enum: ["light", "system"] },
      texts: object({ pay: { type: "string", maxLength: 40, pattern: "^P" } }, { additionalProperties: false }),
      list: { type: "array", items: { type: "number" } },
    });
    expect(schemaWords(before, after)).toEqual([
      "Looser: retries no longer has a minimum of 0",
      "Stricter: retries has a maximum of 5, was 9",
      'Stricter: theme may no longer be "dark"',
      'Looser: theme may be "system", too',
      "Stricter: texts has no properties but those named",
      "Looser: texts.pay has a length of at most 40, was 20",
      "Stricter: texts.pay fits the pattern ^P",
      "Changed: list[] is number, was integer",
    ]);
  });

  it("is said to be there where it can't be said", () => {
    expect(schemaWords({ title: "A" }, { title: "B" })).toEqual(["The schema is another one"]);
    expect(schemaWords({ title: "A" }, { title: "A" })).toEqual([]);
  });
});
