import { expect, test } from "../fixtures";
import { flag } from "../scene";

const CONDITIONS = [
  { attribute: "plan", operator: "eq", value: "pro" },
  { attribute: "app_version", operator: "semver_gte", value: "2.4.0" },
  { attribute: "since", operator: "after", value: "2026-01-05T10:00:00Z" },
  { attribute: "name", operator: "matches", value: "^a" },
];

/** A control, what is typed into it, and how the refusal goes on. */
const CASES = [
  { path: "rules[0].if.and[0].attribute", typed: "", good: "plan" },
  { path: "rules[0].if.and[1].value", typed: "two", good: "2.4.0" },
  { path: "rules[0].if.and[2].value", typed: "yesterday", good: "2026-01-05T10:00:00Z" },
  { path: "rules[0].if.and[3].value", typed: "(", good: "^a" },
  { path: "targets[0].key", typed: "", good: "anna" },
];

test("each refusal lands on its control", async ({ page, place, signIn, clean }) => {
  await place.api.post(`${place.at}/flags`, flag("checkout"));
  const settings = `${place.at}/flags/checkout/environments/staging`;
  await place.api.change(settings, {
    rules: [{ if: { and: CONDITIONS }, then: { variation: "on" } }],
    targets: [{ key: "anna", variation: "on" }],
  });
  const before = await place.api.get(settings);
  await signIn(page, place.owner);
  await page.goto(`/p/${place.project}/flags/checkout?env=staging`);
  await page.getByRole("button", { name: "Edit rule 1" }).click();

  for (const [index, { path, typed, good }] of CASES.entries()) {
    const control = page.locator(`[data-path="${path}"]`);
    await control.fill(typed);
    const above = page.getByRole("alert").filter({ hasText: "This can't be saved yet" });
    // What is wrong is told while one edits, at the control and above all of them; what is blank is still being written.
    if (typed === "") await expect(above).toBeHidden();
    else {
      await expect(control).toHaveAttribute("aria-invalid", "true");
      await above.getByRole("button", { name: path }).click();
      await expect(control).toBeFocused();
    }

    // And it is what the save is refused for.
    await page.keyboard.press("Control+s");
    const answer = page.waitForResponse((each) => each.request().method() === "PATCH");
    await page.getByRole("dialog").getByRole("button", { name: "Save", exact: true }).click();
    expect((await answer).status()).toBe(422);
    await expect(page.getByRole("dialog")).toBeHidden();
    await expect(control).toBeFocused();
    await expect(control).toHaveAttribute("aria-invalid", "true");
    await expect(above.getByRole("button", { name: path })).toBeVisible();
    if (index === 1) await clean(page);

    await control.fill(good);
    await expect(above).toBeHidden();
  }
  expect(await place.api.get(settings)).toEqual(before);
  const answer = await place.served("staging", "checkout", { targetingKey: "anna" }, (each) => each.value === false);
  expect(answer.reason).toBe("DISABLED");
});
