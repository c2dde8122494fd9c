import type { Locator, Page } from "@playwright/test";
import { expect, test } from "../fixtures";
import { choose, press, type } from "../keyboard";
import { flag } from "../scene";

/** What a person does with a control, by mouse or without one. */
interface Hand {
  press(control: Locator): Promise<void>;
  write(control: Locator, text: string): Promise<void>;
  choose(control: Locator, label: string): Promise<void>;
}

const mouse = (page: Page): Hand => ({
  press: (control) => control.click(),
  write: async (control, text) => {
    await control.click();
    await page.keyboard.type(text);
  },
  choose: async (control, label) => {
    await control.selectOption({ label });
  },
});

const keyboard = (page: Page): Hand => ({
  press: (control) => press(page, control),
  write: (control, text) => type(page, control, text),
  choose: (control, label) => choose(page, control, label),
});

const RULES = [
  {
    if: { and: [{ attribute: "country", operator: "in", value: ["DE", "FR"] }, { not: { segment: "staff" } }] },
    then: { variation: "on" },
  },
  {
    if: {
      or: [
        { attribute: "plan", operator: "eq", value: "pro" },
        {
          and: [
            { attribute: "age", operator: "gte", value: 18 },
            { attribute: "email", operator: "ends_with", value: "@example.com" },
          ],
        },
      ],
    },
    then: { variation: "on" },
  },
  { if: { not: { attribute: "app_version", operator: "semver_lt", value: "2.0.0" } }, then: { variation: "off" } },
];

async function write(page: Page, hand: Hand): Promise<void> {
  const at = (path: string) => page.locator(`[data-path="${path}"]`);
  const rule = (number: number) => page.getByRole("listitem", { name: `Rule ${number}`, exact: true });

  await hand.press(page.getByRole("button", { name: "Add rule" }));
  await hand.write(at("rules[0].if.attribute"), "country");
  await hand.choose(at("rules[0].if.operator"), "is one of");
  await hand.write(at("rules[0].if.value"), "DE,FR,");
  await hand.press(rule(1).getByRole("button", { name: "Add segment" }));
  await hand.choose(at("rules[0].if.and[1].segment"), "staff");
  await hand.press(rule(1).getByRole("button", { name: "Not" }).last());

  await hand.press(page.getByRole("button", { name: "Add rule" }));
  await hand.write(at("rules[1].if.attribute"), "plan");
  await hand.write(at("rules[1].if.value"), "pro");
  await hand.press(rule(2).getByRole("button", { name: "Add group" }));
  await hand.choose(at("rules[1].if.and"), "any of these");
  const nested = rule(2).getByRole("group").last();
  await hand.choose(at("rules[1].if.or[1].or"), "all of these");
  await hand.write(at("rules[1].if.or[1].and[0].attribute"), "age");
  await hand.choose(at("rules[1].if.or[1].and[0].operator"), "is at least");
  await hand.write(at("rules[1].if.or[1].and[0].value"), "18");
  await hand.press(nested.getByRole("button", { name: "Add condition" }));
  await hand.write(at("rules[1].if.or[1].and[1].attribute"), "email");
  await hand.choose(at("rules[1].if.or[1].and[1].operator"), "ends with");
  await hand.write(at("rules[1].if.or[1].and[1].value"), "@example.com");

  await hand.press(page.getByRole("button", { name: "Add rule" }));
  await hand.write(at("rules[2].if.attribute"), "app_version");
  await hand.choose(at("rules[2].if.operator"), "is a version below");
  await hand.write(at("rules[2].if.value"), "2.0.0");
  await hand.press(rule(3).getByRole("button", { name: "Not" }));
  await hand.choose(at("rules[2].then.variation"), "off");

  await page.keyboard.press("Control+s");
  const review = page.getByRole("dialog");
  await expect(review).toContainText("Add rule 3: if not (app_version is a version below 2.0.0), serve off");
  await hand.press(review.getByRole("button", { name: "Save", exact: true }));
  await expect(page.getByText(/^Live on \d+ of \d+ edges?/)).toBeVisible();
}

interface Settings {
  readonly rules: readonly { readonly if: unknown; readonly then: unknown }[];
}

test("three nested rules by mouse, and again by keyboard", async ({ page, place, signIn, clean }) => {
  await place.api.post(`${place.at}/segments`, { key: "staff", included: ["anna"] });
  const flags = ["by-mouse", "by-keyboard"];
  for (const key of flags) {
    await place.api.post(`${place.at}/flags`, flag(key));
    await place.api.put(`${place.at}/flags/${key}/environments/staging/enabled`, { enabled: true });
  }
  await signIn(page, place.owner);
  for (const [index, hand] of [mouse(page), keyboard(page)].entries()) {
    await page.goto(`/p/${place.project}/flags/${flags[index]}?env=staging`);
    await write(page, hand);
    if (index === 0) await clean(page);
  }
  for (const key of flags) {
    const settings = await place.api.get<Settings>(`${place.at}/flags/${key}/environments/staging`);
    expect(settings.rules.map((each) => ({ if: each.if, then: each.then }))).toEqual(RULES);
    const inside = { targetingKey: "u1", country: "DE" };
    await place.served("staging", key, inside, (answer) => answer.value === true);
    await place.served(
      "staging",
      key,
      { targetingKey: "anna", country: "DE", app_version: "2.1.0" },
      (answer) => answer.value === false,
    );
  }
});

test("rules are put in order by dragging one onto another", async ({ page, place, signIn, clean }) => {
  const settings = `${place.at}/flags/ordered/environments/staging`;
  await place.api.post(`${place.at}/flags`, flag("ordered"));
  const countries = ["DE", "FR", "NO"];
  const rules = countries.map((value) => ({
    if: { attribute: "country", operator: "eq", value },
    then: { variation: "on" },
  }));
  await place.api.change(settings, { rules });
  await signIn(page, place.owner);
  await page.goto(`/p/${place.project}/flags/ordered?env=staging`);
  const card = (number: number) => page.getByRole("listitem", { name: `Rule ${number}` });
  await expect(card(3)).toContainText("NO");
  await card(3).locator("[draggable=true]").dragTo(card(1));
  await expect(card(1)).toContainText("NO");
  await expect(card(2)).toContainText("DE");
  await page.keyboard.press("Control+s");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved ordered in Staging")).toBeVisible();
  const saved = await place.api.get<{ rules: readonly { readonly if: { readonly value: string } }[] }>(settings);
  expect(saved.rules.map((each) => each.if.value)).toEqual(["NO", "DE", "FR"]);
  await clean(page);
});
