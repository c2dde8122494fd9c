import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, send, test } from "../fixtures";
import { repository, stack } from "../stack";

/** One unit of each bucket through both configs, by the engine that the edge runs. */
const EVALUATE = `
import json, sys
from collections import Counter
from bucketing import bucket, compile_flagset
from bucketing.document import flagset_from_document
asked = json.load(sys.stdin)
before, after = (compile_flagset(flagset_from_document(each)) for each in asked["configs"])
salt, units, number = asked["configs"][0]["salt"], {}, 0
while len(units) < 10_000:
    units.setdefault(bucket(salt, asked["flag"], f"unit-{number}"), f"unit-{number}")
    number += 1
moves, examples = Counter(), {}
for unit in units.values():
    was, now = (each.evaluate(asked["flag"], {"targetingKey": unit}, 0).variation for each in (before, after))
    if was != now:
        moves[f"{was} {now}"] += 1
        examples.setdefault(f"{was} {now}", unit)
print(json.dumps({"moves": moves, "examples": examples}))
`;

interface Evaluated {
  readonly moves: Readonly<Record<string, number>>;
  readonly examples: Readonly<Record<string, string>>;
}

test("a share from 10 to 25%: movers equal an evaluation of 10,000 units", async ({ page, place, signIn, clean }) => {
  const shares = (on: number) => ({
    rollout: {
      variations: [
        { key: "on", weight: on },
        { key: "off", weight: 100 - on },
      ],
    },
  });
  await place.api.post(`${place.at}/flags`, {
    key: "checkout",
    type: "boolean",
    variations: [
      { key: "on", value: true },
      { key: "off", value: false },
    ],
    off_variation: "off",
    default: shares(10),
  });
  await place.api.put(`${place.at}/flags/checkout/environments/production/enabled`, { enabled: true });
  const key = await place.key("production");
  const config = async (weight: number) => {
    const answer = await send<Config>("GET", `${stack().edge}/v1/config`, undefined, {
      Authorization: `Bearer ${key}`,
    });
    const { flags } = answer.body;
    return weightOf(flags.checkout) === weight && flags.checkout?.enabled === true ? answer.body : null;
  };
  let before: Config | null = null;
  await expect(async () => {
    before = await config(10);
    expect(before).not.toBeNull();
  }).toPass();

  await signIn(page, place.owner);
  await page.goto(`/p/${place.project}/flags/checkout?env=production`);
  const share = page.getByRole("textbox", { name: "Share of on in percent" });
  await share.fill("25");
  await share.press("Tab");
  await expect(page.getByText("1,500 of 10,000 buckets move from off to on; nobody loses on").first()).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Share of off in percent" })).toHaveValue("75%");

  // The handle does the same by arrows: 1%, with Shift 10%, and back.
  const border = page.getByRole("slider", { name: "Border between on and off" });
  await border.focus();
  await border.press("ArrowRight");
  await expect(border).toHaveAttribute("aria-valuenow", "26");
  await border.press("Shift+ArrowLeft");
  await expect(border).toHaveAttribute("aria-valuenow", "16");
  await border.press("Shift+ArrowRight");
  await border.press("ArrowLeft");
  await expect(border).toHaveAttribute("aria-valuenow", "25");
  await clean(page);

  await page.keyboard.press("Control+s");
  await page.getByRole("dialog").getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText(/^Live on \d+ of \d+ edges?/)).toBeVisible();

  let after: Config | null = null;
  await expect(async () => {
    after = await config(25);
    expect(after).not.toBeNull();
  }).toPass();
  const python = process.env.VERDICT_PYTHON ?? join(repository, ".venv", "bin", "python");
  const input = JSON.stringify({ flag: "checkout", configs: [before, after] });
  const found: Evaluated = JSON.parse(execFileSync(python, ["-c", EVALUATE], { input, encoding: "utf8" }));
  expect(found.moves).toEqual({ "off on": 1500 });
  const moved = found.examples["off on"] ?? "";
  const answer = await place.served("production", "checkout", { targetingKey: moved }, (each) => each.value === true);
  expect(answer.reason).toBe("SPLIT");
});

interface ServedFlag {
  readonly enabled: boolean;
  readonly default: { readonly rollout?: { readonly variations: readonly { readonly weight: number }[] } };
}
interface Config {
  readonly salt: string;
  readonly flags: Readonly<Record<string, ServedFlag | undefined>>;
}

const weightOf = (flag: ServedFlag | undefined): number | undefined => flag?.default.rollout?.variations[0]?.weight;
