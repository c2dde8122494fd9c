/** flagd's engine, which its provider runs in this process, without OpenFeature's client and hooks. Murmur3. */

import { FlagdCore } from "@openfeature/flagd-core";
import { byKey, countries, MEASURED } from "../flags.js";

const read = (name) => ({ var: name });
const BETA = {
  and: [
    { "==": [read("country"), "US"] },
    { "!=": [read("plan"), "free"] },
    { ">": [read("age"), 18] },
    { in: ["+", read("email")] },
  ],
};
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

function flag(key) {
  const first = [{ in: [read("country"), countries(key)] }, { "==": [read("plan"), "pro"] }];
  const second = [{ ">=": [read("age"), 18] }, { $ref: "beta" }];
  const third = [{ ends_with: [read("email"), "@example.com"] }, { sem_ver: [read("version"), ">=", "1.2.0"] }];
  const half = { fractional: [["on", 50], ["off", 50]] };
  const targeting = { if: [{ and: first }, "on", { and: second }, "on", { and: third }, half, "off"] };
  return { state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "off", targeting };
}

export async function peers() {
  const core = new FlagdCore(undefined, SILENT);
  core.setConfigurations(JSON.stringify({ flags: byKey(flag), $evaluators: { beta: BETA } }));
  const context = (user) => ({ ...user });
  const serve = (user) => core.resolveBooleanEvaluation(MEASURED, false, user, SILENT).value;
  return [{ name: "flagd", context, serve }];
}
