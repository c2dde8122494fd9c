import { expect, test } from "../fixtures";

const VARIATIONS = [
  { key: "on", value: true },
  { key: "off", value: false },
];
const HALF = {
  rollout: {
    variations: [
      { key: "on", weight: 50 },
      { key: "off", weight: 50 },
    ],
  },
};
const RULE = { if: { attribute: "country", operator: "eq", value: "DE" }, then: { variation: "on" } };

/** A flag and a context for each reason, and a sentence of the steps. */
const CASES = [
  {
    reason: "STATIC",
    settings: {},
    context: { targetingKey: "u1" },
    sentence: "Nothing else decided: the default serves off.",
  },
  {
    reason: "DEFAULT",
    settings: { rules: [RULE] },
    context: { targetingKey: "u1", country: "US" },
    sentence: "Rule 1 doesn't match.",
  },
  {
    reason: "TARGETING_MATCH",
    settings: { rules: [RULE] },
    context: { targetingKey: "u1", country: "DE" },
    sentence: "Rule 1 matches: serves on.",
  },
  { reason: "SPLIT", settings: { default: HALF }, context: { targetingKey: "u1" }, sentence: "by bucket" },
  {
    reason: "DISABLED",
    settings: { enabled: false },
    context: { targetingKey: "u1" },
    sentence: "It is off, so it serves off.",
  },
  {
    reason: "ERROR",
    settings: { default: HALF },
    context: { country: "DE" },
    sentence: "Default: an error, there is no usable unit.",
  },
] as const;

test("Test explains each reason, at a past moment too", async ({ page, place, signIn, clean }) => {
  const keyOf = (reason: string) => reason.toLowerCase().replaceAll("_", "-");
  for (const { reason, settings } of CASES) {
    const key = keyOf(reason);
    await place.api.post(`${place.at}/flags`, {
      key,
      type: "boolean",
      variations: VARIATIONS,
      off_variation: "off",
      default: { variation: "off" },
    });
    await place.api.change(`${place.at}/flags/${key}/environments/staging`, { enabled: true, ...settings });
  }
  await signIn(page, place.owner);
  const address = (flag: string, context: object, more = "") =>
    `/p/${place.project}/test?env=staging&flag=${flag}&context=${encodeURIComponent(JSON.stringify(context))}${more}`;
  const answer = page.getByRole("region", { name: /in Staging$/ }).getByRole("status");
  const steps = page.getByRole("list", { name: "Steps" });

  for (const { reason, context, sentence } of CASES) {
    await page.goto(address(keyOf(reason), context));
    await expect(answer).toContainText(reason);
    await expect(steps).toContainText(sentence);
    const told = await place.api.post<{ decision: { variation: string | null; reason: string } }>(
      `${place.at}/environments/staging/explain`,
      { flag: keyOf(reason), context },
    );
    expect(told.decision.reason).toBe(reason);
    await expect(answer).toContainText(told.decision.variation ?? "your default");
    if ("targetingKey" in context)
      await place.served("staging", keyOf(reason), context, (each) => each.reason === reason);
  }

  // By the form: another country, another step that decides, and what the context had.
  await page.goto(address("default", { targetingKey: "u1", country: "US" }));
  await expect(steps).toContainText("it is US");
  await page
    .getByRole("combobox", { name: "country" })
    .or(page.getByLabel("country", { exact: true }))
    .first()
    .fill("DE");
  await expect(answer).toContainText("TARGETING_MATCH");
  await expect(page).toHaveURL(/DE/);
  await page.reload();
  await expect(answer).toContainText("TARGETING_MATCH");

  // On a ruler, and beside the other environment.
  await page.goto(address("split", { targetingKey: "u1" }, "&beside=production"));
  await expect(page.getByRole("img", { name: /is in bucket [\d,]+, which is (on|off)$/ })).toBeVisible();
  await expect(page.getByRole("row", { name: /Production.*off.*it is off/ })).toBeVisible();
  await clean(page);

  // All of them beside the other environment; a row leads to the steps of the same context.
  const everybody = encodeURIComponent(JSON.stringify({ targetingKey: "u1", country: "DE" }));
  await page.goto(`/p/${place.project}/test?env=staging&beside=production&context=${everybody}`);
  const all = page.getByRole("table", { name: "Answers" });
  await expect(all.getByRole("columnheader", { name: "In Production" })).toBeVisible();
  await expect(all.getByRole("row", { name: /targeting-match.*on.*off/ })).toBeVisible();
  await clean(page, { name: "test of all flags" });
  await all.getByRole("link", { name: "targeting-match" }).click();
  await expect(page).toHaveURL(/flag=targeting-match/);
  await expect(page).toHaveURL(/beside=production/);
  await expect(answer).toContainText("TARGETING_MATCH");

  // As it was before it was switched off.
  const then = new Date().toISOString();
  await place.api.put(`${place.at}/flags/targeting-match/environments/staging/enabled`, { enabled: false });
  const context = { targetingKey: "u1", country: "DE" };
  await place.served("staging", "targeting-match", context, (each) => each.reason === "DISABLED");
  await page.goto(address("targeting-match", context));
  await expect(answer).toContainText("DISABLED");
  await page.goto(address("targeting-match", context, `&at=${encodeURIComponent(then)}`));
  await expect(answer).toContainText("TARGETING_MATCH");
  await expect(page.getByText("As it was then")).toBeVisible();
});
