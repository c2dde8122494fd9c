import { expect, it } from "vitest";
import { filterSchema, parameters } from "./model";

const none = { ...filterSchema.parse({}), project: "shop" };

it("asks for this project without filters", () => {
  expect(parameters(none)).toEqual({ project: "shop" });
});

it("leaves the project and its environment away for the organization", () => {
  expect(parameters({ ...none, scope: "organization", where: "production", by: "anna@example.com" })).toEqual({
    by: "anna@example.com",
  });
});

it("sends moments with their offset, and none that is no moment", () => {
  const asked = parameters({ ...none, since: "2026-01-05T10:00", until: "soon" });
  expect(asked).toEqual({ project: "shop", since: new Date("2026-01-05T10:00").toISOString() });
});

it("looks for keys by how they begin", () => {
  expect(parameters({ ...none, key: "new-", entity: "flag", action: "archive", reason: "ops-12" })).toEqual({
    project: "shop",
    key_prefix: "new-",
    entity: "flag",
    action: "archive",
    reason: "ops-12",
  });
});
