import { expect, test } from "../fixtures";

test("the audit log is searched, exported and verified", async ({ page, place, signIn, clean }) => {
  const { api, at } = place;
  const reason = { "X-Verdict-Reason": encodeURIComponent("OPS-12 for the audit") };
  await api.post(`${at}/segments`, { key: "audited-beta", name: "Beta", included: ["u1"] }, reason);
  await api.post(`${at}/segments`, { key: "audited-staff", name: "Staff", included: ["u2"] });

  await signIn(page, place.owner);
  await page.goto(`/p/${place.project}/audit`);
  await page.getByRole("searchbox", { name: "Words of the reason" }).fill("ops-12");
  const entries = page.getByRole("list", { name: "Entries" });
  await expect(page).toHaveURL(/reason=ops-12/);
  await expect(entries.locator("> li")).toHaveCount(1);
  await expect(entries).toContainText("audited-beta");
  await entries.getByRole("button").first().click();
  await expect(entries).toContainText("segment:create");
  await page.reload();
  await expect(entries.locator("> li")).toHaveCount(1);
  await clean(page, { name: "audit log" });

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    (async () => {
      await page.getByRole("button", { name: "Export these entries" }).click();
      await page.getByRole("menuitem", { name: "As NDJSON" }).click();
    })(),
  ]);
  const file = await (await download.createReadStream()).toArray();
  const lines = Buffer.concat(file).toString("utf8").trim().split("\n");
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "").entity_key).toBe("audited-beta");

  await page.getByRole("link", { name: "Proof" }).click();
  await page.getByRole("button", { name: "Verify the chain" }).click();
  await expect(page.getByText("The chain is intact")).toBeVisible();
  await page.getByRole("button", { name: "Sign the head now" }).click();
  await expect(page.getByRole("table", { name: "Signed heads" })).toBeVisible();
  await clean(page, { name: "audit proof" });
});
