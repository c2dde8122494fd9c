import { Api, expect, test } from "../fixtures";

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
  const request = await (await Api.signedIn(author)).post<{ number: number }>(
    `${at}/environments/production/promotion`,
    {
      source: "staging",
      items: [{ entity: "flag_settings", key: "new-checkout" }],
      title: "New checkout as in staging",
    },
  );
  const address = `/p/${place.project}/changes/${request.number}?env=production`;

  await signIn(page, author);
  await page.goto(address);
  await expect(page.getByText("In review").first()).toBeVisible();
  await page.getByRole("button", { name: "Approve" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Approve" }).click();
  await expect(dialog.getByRole("alert")).toBeVisible();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("button", { name: "Apply now" })).toHaveAttribute("aria-disabled", "true");

  const theirs = await browser.newContext({ reducedMotion: "reduce" });
  const other = await theirs.newPage();
  await signIn(other, reviewer);
  await other.goto(`/p/${place.project}/changes?env=production`);
  await other.getByRole("link", { name: /New checkout as in staging/ }).click();
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
