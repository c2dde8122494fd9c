import { describe, expect, it } from "vitest";
import { emptyFlag, flagBody, keyOf, ofType } from "./new-flag";

describe("a flag that is made", () => {
  it("is off with its last variation, and on with its first", () => {
    expect(flagBody({ ...emptyFlag(), name: "New checkout" })).toMatchObject({
      body: {
        key: "new-checkout",
        name: "New checkout",
        off_variation: "off",
        default: { variation: "on" },
        variations: [
          { key: "on", value: true },
          { key: "off", value: false },
        ],
        expected_end: null,
      },
    });
  });

  it("has the key that was typed, whatever its name", () => {
    expect(keyOf({ ...emptyFlag(), name: "A", key: "b" })).toBe("b");
  });

  it("needs a key, and values of its type", () => {
    const draft = { ...emptyFlag(), ...ofType("integer") };
    const variations = [
      { key: "few", value: "1.5", name: "" },
      { key: "few", value: "2", name: "" },
      { key: "", value: "3", name: "" },
    ];
    expect(flagBody({ ...draft, variations })).toEqual({
      errors: {
        key: "A flag needs a name or a key.",
        "variations[0].value": "The value is a whole number.",
        "variations[1].key": "Another variation has this key.",
        "variations[2].key": "A variation needs a key.",
      },
    });
  });

  it("may have one variation alone", () => {
    const draft = { ...emptyFlag(), name: "x", variations: [{ key: "off", value: "false", name: "" }] };
    expect(flagBody(draft)).toMatchObject({ body: { default: { variation: "off" } } });
  });
});
