import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "../fixtures";
import { exposure, sendEvents } from "../outcomes";
import { flag } from "../scene";
import { repository } from "../stack";

const UNITS = 40;

test("an export is made, run and found where it goes", async ({ page, place, signIn, clean }) => {
  await place.api.post(`${place.at}/flags`, flag("banner", { name: "Banner" }));
  const key = await place.key("production");
  const seen = Array.from({ length: UNITS }, (_, at) => exposure(`user-${at}`, "banner", "on", null));
  await sendEvents(key, seen);

  await signIn(page, place.owner);
  await page.goto(`/p/${place.project}/exports?env=production`);
  await page.getByRole("button", { name: "Create export" }).first().click();
  const form = page.getByRole("dialog", { name: "Create export" });
  await form.getByRole("textbox", { name: "Name" }).fill("Nightly");
  await form.getByRole("combobox", { name: "Goes to" }).click();
  await page.getByRole("option", { name: "A folder of the server" }).click();
  await form.getByRole("textbox", { name: /^Path/ }).fill("warehouse");
  await form.getByRole("combobox", { name: "Runs", exact: true }).click();
  await page.getByRole("option", { name: "By hand" }).click();
  await form.getByRole("button", { name: "Create the export" }).click();

  await expect(page.getByRole("heading", { name: "Nightly" })).toBeVisible();
  await page.getByRole("button", { name: "Test the connection" }).click();
  // What was sent just now may be in the next run alone.
  const runs = page.getByRole("table", { name: "Runs" });
  await expect(async () => {
    await page.getByRole("button", { name: "Bring everything anew" }).click();
    await expect(runs.getByText("Succeeded").first()).toBeVisible();
    await expect(runs).toContainText(`${UNITS} exposures`, { timeout: 5_000 });
  }).toPass({ timeout: 120_000 });
  await clean(page, { name: "export run" });

  const below = join(repository, "build", "e2e", "stack", "exports");
  // A generation that is replaced may go while the folder is read.
  await expect(() => {
    const files = readdirSync(below, { recursive: true }).map(String);
    expect(files.filter((each) => /warehouse.*exposures.*\.parquet$/.test(each)).length).toBeGreaterThan(0);
  }).toPass();

  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete the export" }).click();
  await expect(page.getByRole("heading", { name: "Exports" })).toBeVisible();
  await expect(page.getByText("No export yet")).toBeVisible();
});
