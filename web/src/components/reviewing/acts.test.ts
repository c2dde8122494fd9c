import { describe, expect, it } from "vitest";
import { Problem } from "@/api/problem";
import { actWords, type How, tryOut } from "./acts";

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

describe("what trying an act shows", () => {
  const refused = (code: string, ...codes: readonly string[]) =>
    new Problem({
      status: 409,
      title: "Conflict",
      detail: code,
      code,
      fields: codes.map((each, at) => ({ field: `keys[${at}]`, code: each, message: each })),
    });
  const throwing = (problem: Problem) => () => Promise.reject(problem);

  it("is what it would answer", async () => {
    const asked: How[] = [];
    const found = await tryOut(async (how) => asked.push(how));
    expect(found).toEqual({ answer: 1, refusal: null, mustAsk: false, needsReason: false });
    expect(asked).toEqual([{ dryRun: true }]);
  });

  it("is that a reason is wanted, and what it would answer with one", async () => {
    const found = await tryOut(async ({ reason }) => {
      if (reason === undefined) throw refused("reason_required", "reason_required");
      return "done";
    });
    expect(found).toEqual({ answer: "done", refusal: null, mustAsk: false, needsReason: true });
  });

  it.each([
    ["alone", refused("approval_required")],
    ["for each of many", refused("not_all", "approval_required", "approval_required")],
  ])("is that others have to agree: %s", async (_, problem) => {
    expect(await tryOut(throwing(problem))).toEqual({ refusal: null, mustAsk: true, needsReason: false });
  });

  it.each([
    ["alone", refused("in_use")],
    ["for one of many", refused("not_all", "approval_required", "in_use")],
  ])("is why it would be refused: %s", async (_, problem) => {
    expect(await tryOut(throwing(problem))).toEqual({ refusal: problem, mustAsk: false, needsReason: false });
  });
});
