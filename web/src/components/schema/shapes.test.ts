import { describe, expect, it } from "vitest";
import type { Json } from "@/lib/json";
import { extraSchema, extrasOf, propertiesOf, resolved, type Schema } from "./document";
import { initialValue } from "./initial";
import { type ShapeKind, shapeOf } from "./shapes";

const KINDS: [string, Schema, Json | undefined, ShapeKind][] = [
  ["a text", { type: "string" }, "a", "text"],
  ["a whole number", { type: "integer" }, 3, "integer"],
  ["a number that is whole by chance", { type: "number" }, 3, "number"],
  ["a switch", { type: "boolean" }, undefined, "switch"],
  ["one of some", { enum: ["light", "dark"] }, "dark", "choice"],
  ["always the same", { const: 4 }, 4, "constant"],
  ["members without a type", { properties: { a: {} } }, undefined, "object"],
  ["limits without a type", { minimum: 4 }, undefined, "number"],
  ["no schema: as the value is", {}, true, "switch"],
  ["no schema, no value", true, undefined, "raw"],
  ["a value of another type", { type: "integer" }, "three", "raw"],
  ["two types: that of the value", { type: ["string", "integer"] }, 5, "integer"],
  ["a text or null, null now", { type: ["string", "null"] }, null, "text"],
  [
    "titled constants",
    {
      oneOf: [
        { const: 1, title: "One" },
        { const: 2, title: "Two" },
      ],
    },
    2,
    "choice",
  ],
  ["alternatives: the one that fits", { anyOf: [{ type: "string" }, { type: "array" }] }, [], "array"],
  ["alternatives: none fits", { anyOf: [{ type: "string" }, { type: "array" }] }, 5, "number"],
];

describe("the control that a schema asks for", () => {
  it.each(KINDS)("%s", (_name, schema, value, kind) => {
    expect(shapeOf(schema, value, schema).kind).toBe(kind);
  });

  it("knows labels of choices, and leaves null to the switch for it", () => {
    const shape = shapeOf({ oneOf: [{ const: 1, title: "One" }, { const: 2 }, { type: "null" }] }, 1, true);
    expect(shape.choices).toEqual([
      { value: 1, label: "One" },
      { value: 2, label: "2" },
    ]);
    expect(shape.nullable).toBe(true);
    expect(shapeOf({ enum: ["a", null] }, "a", true)).toMatchObject({ nullable: true, choices: [{ value: "a" }] });
  });

  it("tells alternatives of objects apart by their constants", () => {
    const schema: Schema = {
      oneOf: [
        { type: "object", properties: { kind: { const: "card" }, limit: { type: "integer" } } },
        { type: "object", properties: { kind: { const: "bank" }, iban: { type: "string" } } },
      ],
    };
    const shape = shapeOf(schema, { kind: "bank", iban: "" }, schema);
    expect(propertiesOf(shape.schema).map((each) => each.name)).toEqual(["kind", "iban"]);
  });

  it("says limits in words", () => {
    expect(shapeOf({ type: "integer", minimum: 1, maximum: 9 }, 3, true).limits).toBe("1 to 9");
    expect(shapeOf({ type: "string", maxLength: 20, format: "uri" }, "", true).limits).toBe(
      "at most 20 characters, uri",
    );
    expect(shapeOf({ type: "array", minItems: 1 }, [], true).limits).toBe("at least 1 items");
  });
});

describe("references", () => {
  const root: Schema = {
    $defs: { "a/b": { type: "string", title: "A" }, self: { $ref: "#/$defs/self" } },
  };

  it("are followed in the document, what stands beside them counts more", () => {
    expect(resolved({ $ref: "#/$defs/a~1b", title: "B" }, root)).toEqual({ type: "string", title: "B" });
  });

  it("end where they lead in a circle, or nowhere", () => {
    expect(resolved({ $ref: "#/$defs/self" }, root)).toEqual({ $ref: "#/$defs/self" });
    expect(resolved({ $ref: "#/nowhere", title: "C" }, root)).toEqual({ title: "C" });
  });

  it("of allOf are joined", () => {
    const schema: Schema = {
      properties: { a: true },
      required: ["a"],
      allOf: [{ properties: { b: true }, required: ["b"] }],
    };
    expect(propertiesOf(resolved(schema, schema)).map((each) => [each.name, each.required])).toEqual([
      ["b", true],
      ["a", true],
    ]);
  });
});

describe("members", () => {
  it("that a schema doesn't name are told apart, and may be forbidden", () => {
    const schema = { properties: { a: true } };
    expect(extrasOf(schema, { a: 1, constructor: 2 })).toEqual(["constructor"]);
    expect(extraSchema(schema)).toBe(true);
    expect(extraSchema({ additionalProperties: false })).toBeUndefined();
    expect(extraSchema({ additionalProperties: { type: "string" } })).toEqual({ type: "string" });
  });
});

const INITIAL: [Schema, Json][] = [
  [{ type: "string", default: "x" }, "x"],
  [{ type: "integer", minimum: 3 }, 3],
  [{ type: "integer", exclusiveMinimum: 0 }, 1],
  [{ enum: ["b", "a"] }, "b"],
  [{ type: ["integer", "null"] }, null],
  [{ type: "object", properties: { a: { type: "boolean" }, b: {} }, required: ["a"] }, { a: false }],
  [{ type: "array", items: {} }, []],
];

it.each(INITIAL)("something new of %j begins as %j", (schema, expected) => {
  expect(initialValue(schema, schema)).toEqual(expected);
});

it("ends where a schema demands itself", () => {
  const schema: Schema = { type: "object", properties: { a: { $ref: "#" } }, required: ["a"] };
  expect(JSON.stringify(initialValue(schema, schema)).length).toBeLessThan(80);
});
