/** GrowthBook's SDK for servers, with features handed over. FNV-1a. */

import { GrowthBookClient } from "@growthbook/growthbook";
import { byKey, countries, MEASURED } from "../flags.js";

const BETA = { country: "US", plan: { $ne: "free" }, age: { $gt: 18 }, email: { $regex: "\\+" } };

function feature(key) {
  return {
    defaultValue: false,
    rules: [
      { condition: { country: { $in: countries(key) }, plan: "pro" }, force: true },
      { condition: { age: { $gte: 18 }, $savedGroup: { id: "beta" } }, force: true },
      {
        condition: { email: { $regex: "@example\\.com$" }, version: { $vgte: "1.2.0" } },
        key,
        variations: [true, false],
        weights: [0.5, 0.5],
        hashAttribute: "targetingKey",
      },
    ],
  };
}

export async function peers() {
  const savedGroups = { beta: { type: "condition", condition: BETA } };
  const client = new GrowthBookClient().initSync({ payload: { features: byKey(feature), savedGroups } });
  const context = (user) => ({ attributes: { ...user } });
  return [{ name: "GrowthBook", context, serve: (user) => client.isOn(MEASURED, user), close: () => client.destroy() }];
}
