import { expect, it } from "vitest";
import { byNoun, heldWords, keyOf } from "./model";

it.each([
  [
    { role: "viewer", binding: null, group: null, project: null, environment: null },
    "viewer in the organization, as a member",
  ],
  [
    { role: "developer", binding: "1", group: null, project: "shop", environment: null },
    "developer in shop, given to them",
  ],
  [
    { role: "switcher", binding: "2", group: "web", project: "shop", environment: "production" },
    "switcher in production of shop, by the group web",
  ],
])("says where a role is held, and by what: %o", (held, words) => {
  expect(heldWords(held)).toBe(words);
});

it("shows rights that nobody gives beside those that a role gives", () => {
  expect(byNoun(["flag:read", "flag:toggle", "audit:read"], [{ right: "flag:read", by: [0, 2] }])).toEqual([
    {
      noun: "flag",
      rights: [
        { right: "flag:read", verb: "read", by: [0, 2] },
        { right: "flag:toggle", verb: "toggle", by: [] },
      ],
    },
    { noun: "audit", rights: [{ right: "audit:read", verb: "read", by: [] }] },
  ]);
});

it.each([
  ["Release managers", "release-managers"],
  ["  Büro  ", "buro"],
  ["…", ""],
])("makes a key of %s", (name, key) => {
  expect(keyOf(name)).toBe(key);
});
