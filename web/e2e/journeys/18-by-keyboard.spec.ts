/** What people do most, each without a mouse: find a flag and open it; turn it on or off, and take it back; change the
 * share of a rule; read a result; approve a change and apply it. */
import type { Page } from "@playwright/test";
import { Api, expect, test } from "../fixtures";
import { leadTo, press, reach } from "../keyboard";
import { exposure, furnishFlag, outcome, sendEvents, untilResults } from "../outcomes";
import { holdBack } from "../pages";

const BOOLEAN = {
  type: "boolean",
  variations: [
    { key: "on", value: true },
    { key: "off", value: false },
  ],
  off_variation: "off",
};
const UNITS = 400;

const hasFocus = (page: Page) => page.evaluate(() => document.activeElement?.closest("main") !== null);

test("a flag is found, turned on, taken back, and its share changed by keyboard alone", async ({
  page,
  place,
  signIn,
  clean,
}) => {
  const { api, at } = place;
  for (const key of ["banner", "checkout", "gift-cards"]) {
    await api.post(`${at}/flags`, { ...BOOLEAN, key, default: { variation: "off" } });
  }
  const settings = `${at}/flags/checkout/environments/production`;
  const rollout = (on: number) => ({
    variations: [
      { key: "on", weight: on },
      { key: "off", weight: 100 - on },
    ],
  });
  const rule = { if: { attribute: "country", operator: "eq", value: "DE" }, then: { rollout: rollout(10) } };
  await api.change(settings, { rules: [rule] });
  await signIn(page, place.owner);
  await page.goto(`/p/${place.project}/overview?env=production`);
  const heading = page.getByRole("heading", { level: 1 });
  await expect(heading).toHaveText("Overview");

  await test.step("find a flag and open it", async () => {
    await leadTo(page, ["g", "f"], "Flags");
    await expect(heading).toBeFocused();
    const rows = page.getByRole("table", { name: "Flags" }).locator("tbody tr");
    await expect(rows).toHaveCount(3);
    await page.keyboard.press("/");
    await page.keyboard.type("check");
    await expect(rows).toHaveCount(1);
    await page.keyboard.press("ArrowDown");
    await expect(rows).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(heading).toHaveText("checkout");
    await expect(heading).toBeFocused();
  });

  await test.step("turn it on, and take it back", async () => {
    const turned = page.getByRole("switch", { name: "checkout in Production" });
    await expect(turned).not.toBeChecked();
    await page.keyboard.press("t");
    await expect(page.getByText("Turned on checkout in Production")).toBeVisible();
    await page.keyboard.press("u");
    await expect(page.getByText("Undone", { exact: true })).toBeVisible();
    await expect(turned).not.toBeChecked();
    expect(await api.get(settings)).toMatchObject({ enabled: false });
    await page.keyboard.press("t");
    await expect(turned).toBeChecked();
    await place.served("production", "checkout", { targetingKey: "anna" }, (answer) => answer.reason !== "DISABLED");
  });

  await test.step("change the share of a rule", async () => {
    await page.keyboard.press("e");
    await expect(page.locator("[data-path^='rules[0].if']:focus")).toBeAttached();
    const share = page
      .getByRole("listitem", { name: "Rule 1" })
      .getByRole("textbox", { name: "Share of on in percent" });
    await reach(page, share);
    await page.keyboard.press("Shift+ArrowUp");
    for (let percent = 0; percent < 5; percent++) await page.keyboard.press("ArrowUp");
    await expect(share).toHaveValue("25%");
    await expect(page.getByText("1,500 of 10,000 buckets move from off to on; nobody loses on").first()).toBeVisible();
    await page.keyboard.press("Control+s");
    const review = page.getByRole("dialog");
    await reach(page, review.getByRole("textbox", { name: /Reason/ }));
    await page.keyboard.type("OPS-3 a quarter of them");
    await page.keyboard.press("Control+Enter");
    await expect(page.getByText("Saved checkout in Production")).toBeVisible();
    await expect(review).toBeHidden();
    await expect.poll(() => hasFocus(page)).toBe(true);
    expect(await api.get(settings)).toMatchObject({ rules: [{ then: { rollout: rollout(25) } }] });
  });
  await clean(page);
});

test("a list is searched as soon as its rows are seen, and keeps what was typed when the rest has come", async ({
  page,
  place,
  signIn,
  clean,
}) => {
  for (const key of ["banner", "checkout"]) {
    await place.api.post(`${place.at}/flags`, { ...BOOLEAN, key, default: { variation: "off" } });
  }
  await signIn(page, place.owner);
  const release = await holdBack(page, /\/assets\/soon-[^/]*\.js$/);
  await page.goto(`/p/${place.project}/flags?env=production`);
  const rows = page.getByRole("table", { name: "Flags" }).locator("tbody tr");
  await expect(rows).toHaveCount(2);
  await expect(page.getByRole("combobox", { name: "Tag" })).toHaveCount(0);
  await page.keyboard.press("/");
  await page.keyboard.type("check");
  await expect(rows).toHaveCount(1);
  release();
  await expect(page.getByRole("combobox", { name: "Tag" })).toBeVisible();
  const search = page.getByRole("searchbox", { name: "Find by key, name or description" });
  await expect(search).toBeFocused();
  await expect(search).toHaveValue("check");
  await page.getByRole("button", { name: "Clear filters" }).click();
  await expect(rows).toHaveCount(2);
  await expect(search).toHaveValue("");
  await clean(page);
});

test("a result is found and read by keyboard alone", async ({ page, place, signIn, clean }) => {
  await furnishFlag(place, "production", "new-checkout", "purchase");
  await place.api.post(`${place.at}/experiments`, {
    key: "faster-page",
    name: "Faster page",
    environment: "production",
    flag: "new-checkout",
    variations: [
      { key: "off", weight: 50 },
      { key: "on", weight: 50 },
    ],
    metrics: [{ metric: "purchase", role: "goal" }],
    plan: { mode: "always_valid", minimum_days: 0 },
  });
  await place.api.post(`${place.at}/experiments/faster-page/start`);
  const users = Array.from({ length: UNITS }, (_, at) => ({ user: `user-${at}`, on: at % 2 === 0, number: at >> 1 }));
  await sendEvents(await place.key("production"), [
    ...users.map(({ user, on }) => exposure(user, "new-checkout", on ? "on" : "off", "faster-page")),
    ...users.filter(({ on, number }) => number % 10 < (on ? 6 : 2)).map(({ user }) => outcome(user, "purchase")),
  ]);
  await untilResults(place, "production", "faster-page", ({ decisions }) => decisions[0]?.verdict === "ship");

  await signIn(page, place.owner);
  await page.goto(`/p/${place.project}/overview?env=production`);
  const heading = page.getByRole("heading", { level: 1 });
  await expect(heading).toHaveText("Overview");
  await leadTo(page, ["g", "x"], "Experiments");
  await press(page, page.getByRole("row", { name: /Faster page/ }));
  await expect(heading).toHaveText("Faster page");
  await expect(heading).toBeFocused();
  await expect(page.getByRole("heading", { name: /on:? *Ship it/ })).toBeVisible();

  const goals = page.getByRole("region", { name: "Goals" });
  const details = goals.getByText("Details of Purchase");
  await press(page, details);
  await expect(goals.getByText(/against alpha/)).toBeVisible();
  await reach(page, page.getByRole("radio", { name: "Lift" }));
  await page.keyboard.press("ArrowRight");
  await expect(page).toHaveURL(/scale=difference/);
  await expect(goals).toContainText("pp");
  await clean(page);
});

test("a change is reviewed and applied by keyboard alone", async ({ page, place, signIn, clean }) => {
  const { api, at } = place;
  await api.post(`${at}/flags`, {
    ...BOOLEAN,
    key: "new-checkout",
    name: "New checkout",
    default: { variation: "off" },
  });
  for (const environment of place.environments) {
    await api.put(`${at}/flags/new-checkout/environments/${environment}/enabled`, { enabled: true });
  }
  await api.change(`${at}/flags/new-checkout/environments/staging`, { default: { variation: "on" } });
  const policy = `${at}/environments/production/approval-policy`;
  const { etag } = await api.ask("GET", policy);
  await api.put(policy, { required: true, people: 1 }, { "If-Match": etag });
  const author = await place.person("developer", "Anna Author");
  await (await Api.signedIn(author)).post(`${at}/environments/production/promotion`, {
    source: "staging",
    items: [{ entity: "flag_settings", key: "new-checkout" }],
    title: "New checkout as in staging",
  });

  await signIn(page, await place.person("developer", "Bert Reviewer"));
  await page.goto(`/p/${place.project}/overview?env=production`);
  const heading = page.getByRole("heading", { level: 1 });
  await expect(heading).toHaveText("Overview");
  await leadTo(page, ["g", "q"], "Changes");
  await press(page, page.getByRole("row", { name: /New checkout as in staging/ }));
  await expect(heading).toHaveText(/New checkout as in staging/);
  await expect(heading).toBeFocused();

  const dialog = page.getByRole("dialog");
  const approve = page.getByRole("button", { name: "Approve", exact: true });
  await press(page, approve);
  await expect(dialog.getByRole("textbox", { name: /Comment/ })).toBeFocused();
  await page.keyboard.type("As we said on Monday.");
  await press(page, dialog.getByRole("button", { name: "Approve" }));
  await expect(dialog).toBeHidden();
  await expect(approve).toBeFocused();
  await expect(page.getByText("As we said on Monday.")).toBeVisible();

  await press(page, page.getByRole("button", { name: "Apply now" }));
  await expect(dialog.getByRole("textbox", { name: /Reason/ })).toBeFocused();
  await press(page, dialog.getByRole("button", { name: /^Apply in/ }));
  await expect(page.getByText("Applied", { exact: true }).first()).toBeVisible();
  await clean(page);

  const settings = await api.get<{ default: unknown }>(`${at}/flags/new-checkout/environments/production`);
  expect(settings.default).toEqual({ variation: "on" });
  await place.served("production", "new-checkout", { targetingKey: "u1" }, (answer) => answer.value === true);
});
