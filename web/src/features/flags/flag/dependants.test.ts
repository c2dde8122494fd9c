import { expect, it } from "vitest";
import { dependantsOf } from "./dependants";

it("tells what needs a flag, once each, with where", () => {
  const used = (kind: string, key: string, environment: string | null, active = true) => ({
    kind,
    key,
    environment,
    active,
  });
  expect(
    dependantsOf([
      used("flag", "checkout", "production"),
      used("flag", "checkout", "staging", false),
      used("experiment", "faster", "production", false),
      used("rollout", "slowly", "production"),
    ]),
  ).toEqual([
    {
      kind: "flag",
      key: "checkout",
      environments: ["production", "staging"],
      words: "flag that has it as a prerequisite, in production and staging",
    },
    {
      kind: "experiment",
      key: "faster",
      environments: ["production"],
      words: "experiment, in production; not evaluated now",
    },
    { kind: "rollout", key: "slowly", environments: ["production"], words: "rollout, in production" },
  ]);
});
