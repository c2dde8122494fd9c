import type { Browser, Page } from "@playwright/test";
import { Api } from "../api";
import { watch } from "../faults";
import { expect, type Person, type Place, test } from "../fixtures";

const FLAG = "banner";
const country = (code: string) => ({ attribute: "country", operator: "eq", value: code });

/** A flag that serves red to two countries and to everybody else. */
async function newFlag(place: Place): Promise<string> {
  await place.api.post(`${place.at}/flags`, {
    key: FLAG,
    type: "string",
    variations: ["red", "green", "blue"].map((key) => ({ key, value: key })),
    off_variation: "red",
    default: { variation: "red" },
  });
  const settings = `${place.at}/flags/${FLAG}/environments/staging`;
  await place.api.change(settings, {
    enabled: true,
    rules: [
      { description: "Germany", if: country("DE"), then: { variation: "red" } },
      { description: "France", if: country("FR"), then: { variation: "red" } },
    ],
  });
  return settings;
}

/** The same page, as somebody else sees it in a browser of theirs. */
async function another(
  browser: Browser,
  person: Person,
  address: string,
  signIn: (page: Page, person: Person) => Promise<void>,
): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await watch(page);
  await signIn(page, person);
  await page.goto(address);
  return page;
}

async function serve(page: Page, rule: number, variation: string): Promise<void> {
  const control = page.locator(`[data-path="rules[${rule - 1}].then.variation"]`);
  if (!(await control.isVisible())) await page.getByRole("button", { name: `Edit rule ${rule}` }).click();
  await control.selectOption(variation);
}

/** The notice goes by itself: it is looked at first. */
async function save(page: Page, notice?: string): Promise<void> {
  await page.keyboard.press("Control+s");
  await page.getByRole("dialog").getByRole("button", { name: "Save", exact: true }).click();
  if (notice !== undefined) await expect(page.getByText(notice)).toBeVisible();
  await expect(page.getByRole("dialog")).toBeHidden();
}

const served = (place: Place, code: string, value: string) =>
  place.served("staging", FLAG, { targetingKey: "anna", country: code }, (each) => each.value === value);

const MEANWHILE = "This was changed while you edited it";

test("two people edit different rules: mine goes onto theirs", async ({ browser, page, place, signIn, clean }) => {
  const settings = await newFlag(place);
  const address = `/p/${place.project}/flags/${FLAG}?env=staging`;
  await signIn(page, place.owner);
  await page.goto(address);
  await serve(page, 1, "green");

  const theirs = await another(browser, await place.person("administrator", "Bert Beside"), address, signIn);
  await serve(theirs, 2, "blue");
  await save(theirs, `Saved ${FLAG} in Staging`);
  await theirs.context().close();

  // Nobody has reloaded anything: the page has seen it by itself.
  const told = page.getByRole("alert").filter({ hasText: MEANWHILE });
  await expect(told).toContainText("bert.beside");
  await expect(told).toContainText("None of it touches what you changed");
  await told.getByRole("button", { name: "Show the difference" }).click();
  await expect(told.getByRole("region", { name: "Difference between as you began and now" })).toContainText("blue");
  await page.keyboard.press("Control+s");
  await expect(told).toBeFocused();
  await expect(page.getByRole("dialog")).toBeHidden();
  await clean(page, { name: "07 changed by others" });

  await told.getByRole("button", { name: "Put my changes onto theirs" }).click();
  await expect(told).toBeHidden();
  await save(page, `Saved ${FLAG} in Staging`);
  await expect(page.getByRole("region", { name: "Unsaved changes" })).toBeHidden();
  expect(await place.api.get(settings)).toMatchObject({
    rules: [
      { description: "Germany", then: { variation: "green" } },
      { description: "France", then: { variation: "blue" } },
    ],
  });
  await served(place, "DE", "green");
  await served(place, "FR", "blue");
});

test("two people edit the same: each conflict is chosen", async ({ browser, page, place, signIn, clean }) => {
  const settings = await newFlag(place);
  const address = `/p/${place.project}/flags/${FLAG}?env=staging`;
  // This page hears of nothing in time: that somebody was faster is told by the save that is refused.
  const still: unknown = await place.api.get(`${place.at}/environments/staging/publication`);
  await page.route("**/environments/staging/publication", (route) => route.fulfill({ json: still }));
  await signIn(page, place.owner);
  await page.goto(address);
  await serve(page, 1, "green");
  await serve(page, 2, "green");
  const everybody = page.locator('[data-path="default.variation"]');
  await everybody.selectOption("green");

  const theirs = await another(browser, await place.person("administrator", "Bert Beside"), address, signIn);
  await serve(theirs, 1, "blue");
  await theirs.locator('[data-path="default.variation"]').selectOption("blue");
  await save(theirs, `Saved ${FLAG} in Staging`);
  await theirs.context().close();

  const refused = page.waitForResponse((each) => each.request().method() === "PATCH");
  await save(page);
  expect((await refused).status()).toBe(412);
  const told = page.getByRole("alert").filter({ hasText: MEANWHILE });
  await expect(told).toContainText("bert.beside");
  const rebase = told.getByRole("button", { name: "Put my changes onto theirs" });
  await expect(rebase).toBeDisabled();
  await told.getByRole("region", { name: "rules: Germany" }).getByRole("button", { name: "Keep mine" }).click();
  await expect(rebase).toBeDisabled();
  await told.getByRole("region", { name: "default", exact: true }).getByRole("button", { name: "Take theirs" }).click();
  await clean(page, { name: "07 conflict" });
  await rebase.click();
  await expect(everybody).toHaveValue("blue");
  await save(page, `Saved ${FLAG} in Staging`);
  expect(await place.api.get(settings)).toMatchObject({
    rules: [
      { description: "Germany", then: { variation: "green" } },
      { description: "France", then: { variation: "green" } },
    ],
    default: { variation: "blue" },
  });
  await served(place, "DE", "green");
  await served(place, "IT", "blue");
});

test("what isn't published is looked at while it is edited", async ({ page, place, signIn }) => {
  const segment = `${place.at}/segments/friends`;
  await place.api.post(`${place.at}/segments`, { key: "friends", included: ["anna"] });
  const bert = await Api.signedIn(await place.person("administrator", "Bert Beside"));
  await signIn(page, place.owner);
  await page.goto(`/p/${place.project}/segments/friends?env=staging`);
  await page.getByRole("textbox", { name: "Add to included" }).fill("carla");
  await page.getByRole("button", { name: "Add 1 key" }).click();
  await bert.change(segment, { included: ["anna", "dora"], description: "Of the family" });

  const told = page.getByRole("alert").filter({ hasText: MEANWHILE });
  await expect(told).toContainText("bert.beside");
  await told.getByRole("button", { name: "Put my changes onto theirs" }).click();
  await save(page, "Changed segment friends");
  expect(await place.api.get(segment)).toMatchObject({
    included: ["anna", "carla", "dora"],
    description: "Of the family",
  });
});
