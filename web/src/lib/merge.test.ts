import { describe, expect, it } from "vitest";
import { listBy, MEMBERS, merged, type Parts, SET } from "./merge";

interface Document {
  name: string;
  tags: string[];
  value: Record<string, unknown> | null;
  items: { key: string; share: number }[];
}

const PARTS: Parts<Document> = { tags: SET, value: MEMBERS, items: listBy("key") };
const base: Document = {
  name: "Checkout",
  tags: ["web", "paid"],
  value: { theme: { color: "red", size: 3 }, retries: 1 },
  items: [
    { key: "a", share: 10 },
    { key: "b", share: 20 },
  ],
};
const lay = (mine: Partial<Document>, theirs: Partial<Document>) =>
  merged(base, { ...base, ...mine }, { ...base, ...theirs }, PARTS);
const chosen = (told: ReturnType<typeof lay>, side: "mine" | "theirs") =>
  told.conflicts.reduce((draft, each) => each.choose(draft, side), told.draft);

describe("my changes over theirs", () => {
  it("stand beside each other in different parts", () => {
    const told = lay({ name: "Pay" }, { tags: ["web"], items: [{ key: "a", share: 10 }] });
    expect(told.conflicts).toEqual([]);
    expect(told.draft).toEqual({ ...base, name: "Pay", tags: ["web"], items: [{ key: "a", share: 10 }] });
  });

  it("are no conflict where both changed the same to the same", () => {
    expect(lay({ name: "Pay" }, { name: "Pay" })).toMatchObject({ draft: { name: "Pay" }, conflicts: [] });
  });

  it("keep theirs until one is chosen, of a whole", () => {
    const told = lay({ name: "Pay" }, { name: "Basket" });
    expect(told.draft.name).toBe("Basket");
    expect(told.conflicts.map(({ path, mine, theirs }) => ({ path, mine, theirs }))).toEqual([
      { path: "name", mine: "Pay", theirs: "Basket" },
    ]);
    expect(chosen(told, "mine").name).toBe("Pay");
    expect(chosen(told, "theirs").name).toBe("Basket");
  });

  it("never conflict in a set: what each added and took away", () => {
    const told = lay({ tags: ["web", "new", "both"] }, { tags: ["paid", "web", "both", "theirs"] });
    expect(told.conflicts).toEqual([]);
    expect(told.draft.tags).toEqual(["web", "both", "theirs", "new"]);
  });

  it("go into an object as deep as it is", () => {
    const told = lay(
      { value: { theme: { color: "blue", size: 3 }, retries: 2 } },
      { value: { theme: { color: "red", size: 4 }, retries: 3, extra: true } },
    );
    expect(told.draft.value).toEqual({ theme: { color: "blue", size: 4 }, retries: 3, extra: true });
    expect(told.conflicts.map((each) => each.title)).toEqual(["value: retries"]);
    expect(chosen(told, "mine").value).toEqual({ theme: { color: "blue", size: 4 }, extra: true, retries: 2 });
  });

  it("take a member away, and ask where the other one changed it", () => {
    const quiet = lay({ value: { retries: 1 } }, { value: { theme: { color: "red", size: 3 }, retries: 5 } });
    expect(quiet.draft.value).toEqual({ retries: 5 });
    const told = lay({ value: { retries: 1 } }, { value: { theme: { color: "green", size: 3 }, retries: 1 } });
    expect(told.conflicts.map(({ path, mine }) => ({ path, mine }))).toEqual([{ path: "value.theme", mine: null }]);
    expect(chosen(told, "mine").value).toEqual({ retries: 1 });
  });

  it("ask where an object became none", () => {
    const told = lay({ value: null }, { value: { retries: 2 } });
    expect(told.conflicts.map((each) => each.path)).toEqual(["value"]);
    expect(chosen(told, "mine").value).toBeNull();
  });

  it("know a name of the prototype as any other", () => {
    const told = merged<{ value: Record<string, unknown> }>(
      { value: {} },
      { value: { constructor: 1 } },
      { value: { toString: 2 } },
      { value: MEMBERS },
    );
    expect(told.conflicts).toEqual([]);
    expect(Object.keys(told.draft.value).toSorted()).toEqual(["constructor", "toString"]);
  });
});

describe("lists whose elements have names", () => {
  const item = (key: string, share: number) => ({ key, share });

  it("take changes of different elements, new ones and those that are gone", () => {
    const told = lay(
      { items: [item("a", 11), item("b", 20), item("mine", 1)] },
      { items: [item("theirs", 2), item("a", 10)] },
    );
    expect(told.conflicts).toEqual([]);
    expect(told.draft.items).toEqual([item("theirs", 2), item("a", 11), item("mine", 1)]);
  });

  it("ask for each element that both changed, one by one", () => {
    const told = lay({ items: [item("a", 11), item("b", 21)] }, { items: [item("a", 12)] });
    expect(told.conflicts.map(({ path, title, theirs }) => ({ path, title, theirs }))).toEqual([
      { path: "items[a]", title: "items: a", theirs: item("a", 12) },
      { path: "items[b]", title: "items: b", theirs: null },
    ]);
    const [first, second] = told.conflicts;
    const mixed = second?.choose(first?.choose(told.draft, "theirs") ?? told.draft, "mine");
    expect(mixed?.items).toEqual([item("a", 12), item("b", 21)]);
  });

  it("ask where both added one of the same name, and I took away what they changed", () => {
    const added = lay({ items: [...base.items, item("c", 1)] }, { items: [...base.items, item("c", 2)] });
    expect(added.conflicts.map((each) => each.path)).toEqual(["items[c]"]);
    const removed = lay({ items: [item("a", 10)] }, { items: [item("a", 10), item("b", 25)] });
    expect(removed.conflicts.map(({ path, mine }) => ({ path, mine }))).toEqual([{ path: "items[b]", mine: null }]);
    expect(chosen(removed, "mine").items).toEqual([item("a", 10)]);
  });

  it("keep an order that I alone changed", () => {
    const turned = lay({ items: [item("b", 20), item("a", 10)] }, { items: [item("a", 10), item("b", 25)] });
    expect(turned.draft.items).toEqual([item("b", 25), item("a", 10)]);
  });
});
