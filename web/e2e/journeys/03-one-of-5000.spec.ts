import { copyFlag } from "../control";
import { expect, test } from "../fixtures";

const COUNT = 5000;
const ROWS_MAX = 60;

test("one of 5,000 flags by filters, reload, back", async ({ page, place, signIn, clean }) => {
  await place.api.post(`${place.at}/flags`, {
    key: "banner",
    name: "Banner",
    type: "boolean",
    variations: [
      { key: "on", value: true },
      { key: "off", value: false },
    ],
    off_variation: "off",
    default: { variation: "on" },
  });
  await place.api.change(`${place.at}/flags/banner/environments/staging`, { report_exposures: true });
  await copyFlag(place, "banner", COUNT - 1);

  await signIn(page, place.owner);
  await page.goto(`/p/${place.project}/flags?env=staging`);
  const table = page.getByRole("table", { name: "Flags" });
  const rows = table.locator("tbody tr[data-index]");
  const drawn = async () => {
    const number = await rows.count();
    expect(number).toBeGreaterThan(0);
    expect(number).toBeLessThanOrEqual(ROWS_MAX);
  };
  await expect(page.getByText("5,000 flags", { exact: true })).toBeVisible();
  await expect(rows.first()).toContainText("banner");
  await drawn();

  // To the end of what is read, twice: more is read, and no more is drawn.
  await rows.first().focus();
  for (const least of [199, 399]) {
    const atEnd = async () => {
      const at = await page.evaluate(() => Number((document.activeElement as HTMLElement | null)?.dataset.index ?? -1));
      if (at >= 0 && at < least) await page.keyboard.press("End");
      return at;
    };
    await expect.poll(atEnd).toBeGreaterThanOrEqual(least);
    await drawn();
  }
  await clean(page, { name: "5000 flags" });

  // By a tag and a part of the key; what was found has an address.
  await page.keyboard.press("/");
  const text = page.getByRole("searchbox", { name: "Find by key, name or description" });
  await expect(text).toBeFocused();
  await page.keyboard.type("r-012");
  await expect(page.getByText("100 flags fit", { exact: true })).toBeVisible();
  await page.getByRole("combobox", { name: "Tag" }).click();
  await page.getByRole("option", { name: /^team-3 \(/ }).click();
  await expect(page.getByText("15 flags fit", { exact: true })).toBeVisible();
  await expect(rows).toHaveCount(15);
  await expect(page).toHaveURL(/q=r-012/);
  await expect(page).toHaveURL(/tag=team-3/);
  const found = await rows.evaluateAll((each) => each.map((row) => row.getAttribute("data-key")));
  expect(found[0]).toBe("banner-01200");

  const same = async () => {
    await expect(page.getByText("15 flags fit", { exact: true })).toBeVisible();
    await expect(rows).toHaveCount(15);
    expect(await rows.evaluateAll((each) => each.map((row) => row.getAttribute("data-key")))).toEqual(found);
    await expect(text).toHaveValue("r-012");
    await expect(page.getByRole("combobox", { name: "Tag" })).toHaveValue(/^team-3 \(/);
  };
  await page.reload();
  await same();

  // The one, turned on; back from its page the list is as it was left, and shows it.
  await page.getByRole("link", { name: "banner-01256" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Banner 1256" })).toBeVisible();
  const inStaging = page.getByRole("list", { name: "Environments" }).getByRole("switch", { name: /Staging/ });
  await inStaging.click();
  await expect(page.getByText("Turned on banner-01256 in Staging")).toBeVisible();
  await page.goBack();
  await same();
  await expect(page.getByRole("switch", { name: "banner-01256 in Staging" })).toBeChecked();
  await expect(page.getByRole("switch", { name: "banner-01249 in Staging" })).not.toBeChecked();
  await clean(page);

  const settings = await place.api.get(`${place.at}/flags/banner-01256/environments/staging`);
  expect(settings).toMatchObject({ enabled: true });
  await place.served("staging", "banner-01256", { targetingKey: "anna" }, (answer) => answer.value === true);
});
