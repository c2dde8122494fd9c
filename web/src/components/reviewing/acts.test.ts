import { describe, expect, it } from "vitest";
import { actWords } from "./acts";

const itself = { entity: "flag", key: "checkout", action: "restore", words: ["archived: true → false"] };

describe("what an act does", () => {
  it("begins with itself, whose fields say nothing more", () => {
    expect(actWords("Restore flag checkout", [itself])).toEqual(["Restore flag checkout"]);
    expect(actWords("Restore flag checkout", [])).toEqual(["Restore flag checkout"]);
  });

  it("names what is written with it, and where", () => {
    const settings = {
      entity: "flag_settings",
      key: "checkout/production",
      action: "update",
      words: ["enabled: true → false"],
    };
    expect(actWords("Restore flag checkout", [itself, settings])).toEqual([
      "Restore flag checkout",
      "Settings of checkout in production: enabled: true → false",
    ]);
    expect(actWords("Delete flag checkout", [itself, { ...settings, action: "delete" }])[1]).toBe(
      "Settings of checkout in production: deleted with it",
    );
  });

  it("shortens what is long", () => {
    const many = { entity: "experiment", key: "test", action: "stop", words: ["a", "b", "c", "d", "e"] };
    expect(actWords("x", [itself, many])[1]).toBe("Experiment test: a; b; c; and 2 more");
  });
});
