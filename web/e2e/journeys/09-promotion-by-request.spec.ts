import { expect, test } from "../fixtures";

const FLAG = {
  key: "new-checkout",
  name: "New checkout",
  type: "boolean",
  variations: [
    { key: "on", value: true },
    { key: "off", value: false },
  ],
  off_variation: "off",
  default: { variation: "off" },
};

test("a promotion by request is refused to its author, approved and applied", async ({
  browser,
  page,
  place,
  signIn,
  clean,
}) => {
  const { api, at } = place;
  await api.post(`${at}/flags`, FLAG);
  for (const environment of ["staging", "production"]) {
    await api.put(`${at}/flags/new-checkout/environments/${environment}/enabled`, { enabled: true });
  }
  await api.change(`${at}/flags/new-checkout/environments/staging`, { default: { variation: "on" } });
  const policy = `${at}/environments/production/approval-policy`;
  const { etag } = await api.ask("GET", policy);
  await api.put(policy, { required: true, people: 1 }, { "If-Match": etag });
  const author = await place.person("developer", "Anna Author");
  const reviewer = await place.person("developer", "Bert Reviewer");

  await signIn(page, author);
  await page.goto(`/p/${place.project}/flags/new-checkout?env=production`);
  await page.getByRole("button", { name: "Compare with another environment" }).click();
  const compared = page.getByRole("dialog");
  await compared.getByRole("combobox", { name: "Compare with" }).selectOption("staging");
  await compared.getByRole("button", { name: "Review bringing it to Production" }).click();
  const review = page.getByRole("dialog");
  await review.getByRole("textbox", { name: /^Reason/ }).fill("Staging has had it for a week.");
  await review.getByRole("button", { name: "Request approval" }).click();
  await expect(page.getByText(/Asked for approval: change request \d+/)).toBeVisible();
  await page.goto(`/p/${place.project}/changes?env=production&whose=mine`);
  await page.getByRole("link", { name: /From staging to production/ }).click();
  await expect(page.getByText("In review").first()).toBeVisible();
  await clean(page, { name: "change request in review" });
  await page.getByRole("button", { name: "Approve" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Approve" }).click();
  await expect(dialog.getByRole("alert")).toContainText(/author/i);
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("button", { name: "Apply now" })).toHaveAttribute("aria-disabled", "true");

  const theirs = await browser.newContext({ reducedMotion: "reduce" });
  const other = await theirs.newPage();
  await signIn(other, reviewer);
  await other.goto(`/p/${place.project}/changes?env=production`);
  await other.getByRole("link", { name: /From staging to production/ }).click();
  await other.getByRole("button", { name: "Approve" }).click();
  await other.getByRole("textbox", { name: /Comment/ }).fill("As we said on Monday.");
  await other.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
  await expect(other.getByText("Ready to apply").first()).toBeVisible();
  await theirs.close();

  await expect(page.getByText("Ready to apply").first()).toBeVisible();
  await expect(page.getByText("As we said on Monday.")).toBeVisible();
  await clean(page, { name: "change request approved" });
  await page.getByRole("button", { name: "Apply now" }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Apply in/ })
    .click();
  await expect(page.getByText("Applied", { exact: true }).first()).toBeVisible();

  const settings = await api.get<{ default: { variation?: string } }>(
    `${at}/flags/new-checkout/environments/production`,
  );
  expect(settings.default.variation).toBe("on");
  await place.served("production", "new-checkout", { targetingKey: "u1" }, (answer) => answer.value === true);
});
