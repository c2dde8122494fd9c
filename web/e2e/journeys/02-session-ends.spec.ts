import type { Locator, Page } from "@playwright/test";
import { expect, type Place, settled, test, watch } from "../fixtures";
import { holdBack } from "../pages";

const FLAG = {
  key: "checkout",
  type: "boolean",
  variations: [
    { key: "on", value: true },
    { key: "off", value: false },
  ],
  off_variation: "off",
  default: {
    rollout: {
      variations: [
        { key: "on", weight: 10 },
        { key: "off", weight: 90 },
      ],
    },
  },
};
const SETTINGS = "flags/checkout/environments/staging";

interface Session {
  readonly id: string;
  readonly kind: "cookie" | "tokens";
}

/** Ends what browsers have, as somebody does who has lost one. */
async function endSessions(place: Place): Promise<void> {
  const { items } = await place.api.get<{ items: readonly Session[] }>("/me/sessions");
  const browsers = items.filter(({ kind }) => kind === "cookie");
  expect(browsers.length).toBeGreaterThan(0);
  for (const { id } of browsers) await place.api.delete(`/me/sessions/${id}`);
}

/**
 * The sessions end, and what the click sends is the first to hear of it: the dialog of what the page asks by itself
 * would stand before the button.
 */
async function endBefore(page: Page, place: Place, button: Locator): Promise<void> {
  const release = await holdBack(page, /\/api\/v1\//, "GET");
  await endSessions(place);
  await button.click();
  await expect(page.getByRole("dialog", { name: "Your session has ended" })).toBeVisible();
  release();
}

async function edit(page: Page, place: Place): Promise<void> {
  await page.goto(`/p/${place.project}/flags/checkout?env=staging`);
  const share = page.getByRole("textbox", { name: "Share of on in percent" });
  await share.fill("100");
  await share.press("Tab");
  await expect(page.getByRole("textbox", { name: "Share of off in percent" })).toHaveValue("0%");
  // Who is affected has been told; what asks for nothing waits for nothing.
  await settled(page);
}

test.beforeEach(async ({ place }) => {
  await place.api.post(`${place.at}/flags`, FLAG);
  await place.api.put(`${place.at}/${SETTINGS}/enabled`, { enabled: true });
});

test("a session that ends amid an edit takes nothing away", async ({ page, place, signIn, clean }) => {
  await signIn(page, place.owner);
  await edit(page, place);
  const dialog = page.getByRole("dialog", { name: "Your session has ended" });
  const password = dialog.getByRole("textbox", { name: "Password" });
  const again = async () => {
    await expect(dialog.getByLabel("E-mail address")).toHaveValue(place.owner.email);
    await password.fill(place.owner.password);
    await dialog.getByRole("button", { name: "Sign in" }).click();
    await expect(dialog).toBeHidden();
  };

  // While one edits: the page asks for news by itself and is refused.
  await endSessions(place);
  await expect(dialog).toBeVisible();
  await password.fill("not my password");
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await expect(dialog.getByRole("alert")).toBeVisible();
  await clean(page);
  await again();
  await expect(page.getByRole("textbox", { name: "Share of on in percent" })).toHaveValue("100%");
  await expect(page.getByRole("region", { name: "Unsaved changes" })).toContainText(
    "9,000 of 10,000 buckets move from off to on",
  );

  // And between the review and its save, which then goes through as if nothing had been.
  await page.keyboard.press("Control+s");
  const review = page.getByRole("dialog", { name: "Review and save" });
  await review.getByRole("textbox", { name: /Reason/ }).fill("OPS-7 all of them");
  await endBefore(page, place, review.getByRole("button", { name: "Save", exact: true }));
  await again();
  await expect(page.getByText("Saved checkout in Staging")).toBeVisible();
  await expect(review).toBeHidden();
  await expect(page.getByRole("region", { name: "Unsaved changes" })).toBeHidden();

  const settings = await place.api.get<{ default: unknown }>(`${place.at}/${SETTINGS}`);
  expect(settings.default).not.toBeNull();
  await place.served("staging", "checkout", { targetingKey: "anna" }, (answer) => answer.value === true);
  const audit = await place.api.get<{ items: readonly { reason: string | null }[] }>(
    `/organizations/${place.organization}/audit?project=${place.project}&reason=ops-7`,
  );
  expect(audit.items).toHaveLength(1);
});

test("what waits for one person is never sent by another", async ({ page, place, signIn, clean }) => {
  const bert = await place.person("developer", "Bert Other");
  const before = await place.api.get(`${place.at}/${SETTINGS}`);
  await signIn(page, place.owner);
  await edit(page, place);
  await page.keyboard.press("Control+s");
  const review = page.getByRole("dialog", { name: "Review and save" });
  await expect(review).toBeVisible();
  await endBefore(page, place, review.getByRole("button", { name: "Save", exact: true }));

  const dialog = page.getByRole("dialog", { name: "Your session has ended" });
  await dialog.getByLabel("E-mail address").fill(bert.email);
  await dialog.getByRole("textbox", { name: "Password" }).fill(bert.password);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(new RegExp(`/p/${place.project}/overview`));
  await expect(page.getByRole("button", { name: "Account of Bert Other" })).toBeVisible();
  expect(await place.api.get(`${place.at}/${SETTINGS}`)).toEqual(before);
  await clean(page, { pictures: false });
});

test("who signs out in one tab is signed out in all, and nothing of theirs is left", async ({
  page,
  place,
  signIn,
  clean,
}) => {
  await signIn(page, place.owner);
  await page.goto(`/p/${place.project}/flags?env=staging`);
  const other = await page.context().newPage();
  await watch(other);
  await other.goto(`/p/${place.project}/flags/checkout?env=staging`);
  const heading = (tab: Page) => tab.getByRole("heading", { level: 1 });
  await expect(heading(other)).toHaveText("checkout");
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  for (const tab of [page, other]) {
    await expect(heading(tab)).toHaveText(/^Sign in/);
    await expect(tab.getByText("checkout")).toHaveCount(0);
  }
  await page.goBack();
  await expect(heading(page)).toHaveText(/^Sign in/);
  const kept = await page.evaluate(() => Object.keys(localStorage));
  expect(kept.filter((key) => !/columns|color-scheme/.test(key))).toEqual([]);
  await clean(page);
});
