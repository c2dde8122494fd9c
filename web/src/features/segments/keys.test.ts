import { describe, expect, it } from "vitest";
import { bytesWords, fileForm, listDifference, pastedKeys, refusedLines, triedWords } from "./keys";

it("takes keys as they are pasted, each once", () => {
  expect(pastedKeys('anna\r\nbert, "carla"\n\n dora ;anna\t')).toEqual(["anna", "bert", "carla", "dora"]);
  expect(pastedKeys("")).toEqual([]);
});

it("says which keys come and go", () => {
  expect(listDifference(["a", "b"], ["b", "c"])).toEqual({ added: ["c"], removed: ["a"] });
});

it.each([
  ["keys.csv", "text/csv"],
  ["KEYS.TXT", "text/plain"],
  ["a.b.jsonl", "application/x-ndjson"],
  ["keys.xlsx", undefined],
  ["constructor", undefined],
])("reads %s as %s", (name, form) => expect(fileForm(name)).toBe(form));

it("names refused lines in their order", () => {
  const told = refusedLines([
    { field: "line 17", message: "is no JSON" },
    { field: "line 3", message: "is empty" },
    { field: "included", message: "both lists" },
  ]);
  expect(told).toEqual([
    { line: null, reason: "both lists" },
    { line: 3, reason: "is empty" },
    { line: 17, reason: "is no JSON" },
  ]);
});

it.each([
  [0, "0 bytes"],
  [1023, "1023 bytes"],
  [1536, "1.5 KiB"],
  [67_108_864, "64 MiB"],
])("%d is %s", (bytes, words) => expect(bytesWords(bytes)).toBe(words));

describe("a file that was tried", () => {
  it("says what the list would be, beside what it is", () => {
    expect(triedWords({ listing: "included", before: 2, now: 1200, same: false })).toBe(
      "1,200 keys would be included then; 2 are now.",
    );
    expect(triedWords({ listing: "excluded", before: 7, now: 7, same: true })).toBe(
      "It changes nothing: the list is so already, with 7 keys excluded.",
    );
    expect(triedWords({ listing: "included", before: 0, now: 1, same: false })).toBe(
      "1 key would be included then; 0 are now.",
    );
  });
});
