import { describe, expect, it } from "vitest";
import { Problem } from "@/api/problem";
import { actionOf, atOnce, byKey, disturbedByMany, editsOf, type Looked, manyWords, titleOf } from "./model";

const environment = { key: "production", name: "Production", protected: true, reason_required: false };
const archive: Looked = { do: "archive" };
const on: Looked = { do: "turn on", environment };

describe("a change of many flags", () => {
  it("is the change that the API takes, and edits of the same", () => {
    expect(actionOf(archive)).toEqual({ action: "archive" });
    expect(actionOf(on)).toEqual({ action: "switch", environment: "production", enabled: true });
    expect(editsOf(archive, ["a", "b"]).map((each) => [each.entity, each.key, each.action])).toEqual([
      ["flag", "a", "archive"],
      ["flag", "b", "archive"],
    ]);
    expect(editsOf(on, ["a"], "stop")).toEqual([
      {
        entity: "flag_settings",
        key: "a",
        environment: "production",
        action: "update",
        document: { enabled: true, on_experiments: "stop" },
      },
    ]);
  });

  it("is told before and after", () => {
    expect(titleOf(archive, 1)).toBe("Archive 1 flag");
    expect(titleOf(on, 5, true)).toBe("Turned on 5 flags in Production");
  });

  it("names each flag, what changes with them, and how many stay", () => {
    const own = { entity: "flag", key: "a", action: "archive", words: ["archived: false → true"] };
    const other = { entity: "experiment", key: "test", action: "stop", words: ["status: running → stopped"] };
    expect(manyWords(archive, { changed: ["a"], unchanged: ["b"], changes: [own, other] })).toEqual([
      "Archive a",
      "Experiment test: status: running → stopped",
      "1 flag stays as it is",
    ]);
  });

  it("does not list hundreds", () => {
    const changed = Array.from({ length: 30 }, (_, at) => `k${at}`);
    const words = manyWords(on, { changed, unchanged: ["x", "y"] });
    expect(words.slice(-2)).toEqual(["And 10 more", "2 flags stay as they are"]);
    expect(words).toHaveLength(22);
  });
});

describe("what refuses many flags", () => {
  const refused = (code: string, body = {}) =>
    new Problem({
      status: 409,
      title: "Conflict",
      detail: "1 of 2 flags can't be changed, so none is",
      code: "not_all",
      requestId: "r1",
      fields: [{ field: "keys[1]", code, message: "an experiment names it" }],
      body,
    });

  it("names them by their keys", () => {
    const problem = byKey(refused("in_use"), ["a", "b"]);
    expect(problem.fields.map((each) => each.field)).toEqual(["b"]);
    expect([problem.requestId, problem.code]).toEqual(["r1", "not_all"]);
    expect(atOnce(problem).detail).toBe("1 of 2 flags can't be changed, so none is. b: an experiment names it");
  });

  it("is a choice where nothing but running experiments stands in the way", () => {
    const body = { refusals: [{ experiments: [{ key: "test" }] }, { experiments: [{ key: "test" }] }] };
    expect(disturbedByMany(refused("experiment_affected", body))).toEqual(["test"]);
    expect(disturbedByMany(refused("in_use", body))).toEqual([]);
  });
});
