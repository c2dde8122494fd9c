import { describe, expect, test } from "vitest";
import { entityPath } from "./entity-path";

describe("where an entity is looked at", () => {
  test.each([
    ["flag_settings", "new-checkout", "/p/shop/flags/new-checkout"],
    ["segment", "beta", "/p/shop/segments/beta"],
    ["change_request", "7", "/p/shop/changes/7"],
    ["layer", "checkout", "/p/shop/experiments/layers"],
    ["token", "a-token", "/p/shop/keys/tokens"],
    ["audit_head", "1", null],
  ])("%s", (entity, key, path) => {
    expect(entityPath("shop", entity, key)).toBe(path);
  });
});
