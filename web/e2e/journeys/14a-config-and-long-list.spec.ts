import { expect, test } from "../fixtures";
import { holdBack } from "../pages";

const KEYS = 100_000;

test("a config's form is its schema, and an override is a rule", async ({ page, place, signIn, clean }) => {
  const config = `${place.at}/configs/checkout-page`;
  await place.api.post(`${place.at}/configs`, {
    key: "checkout-page",
    schema: {
      type: "object",
      properties: { retries: { type: "integer", maximum: 9 }, theme: { enum: ["light", "dark"] } },
    },
    value: { retries: 3, theme: "light" },
  });
  await signIn(page, place.owner);
  await page.goto(`/p/${place.project}/configs/checkout-page/definition?env=staging`);
  const dialog = page.getByRole("dialog");
  /** The notice goes by itself: it is looked at first. */
  const save = async (notice?: string) => {
    await page.keyboard.press("Control+s");
    await dialog.getByRole("button", { name: "Save", exact: true }).click();
    if (notice !== undefined) await expect(page.getByText(notice)).toBeVisible();
    await expect(dialog).toBeHidden();
  };
  const retries = page.getByRole("textbox", { name: "retries" });
  await retries.fill("12");
  await save();
  await expect(retries).toHaveAttribute("aria-invalid", "true");
  expect(await place.api.get(config)).toMatchObject({ value: { retries: 3 } });

  await retries.fill("7");
  await page.getByRole("combobox", { name: "theme" }).selectOption("dark");
  await save("Changed config checkout-page");
  const value = { retries: 7, theme: "dark" };
  expect(await place.api.get(config)).toMatchObject({ value });
  const serves = (country: string, wanted: Record<string, unknown>) =>
    place.served("staging", "checkout-page", { targetingKey: "anna", country }, ({ value: given }) => {
      return JSON.stringify(sorted(given)) === JSON.stringify(sorted(wanted));
    });
  await serves("DE", value);

  await page.goto(`/p/${place.project}/configs/checkout-page?env=staging`);
  await page.getByRole("button", { name: "Add override" }).click();
  const override = page.getByRole("listitem", { name: "Override 1" });
  await override.locator('[data-path="overrides[0].if.attribute"]').fill("country");
  await override.locator('[data-path="overrides[0].if.value"]').fill("DE");
  await override.getByRole("button", { name: "Change retries" }).click();
  await override.getByRole("textbox", { name: "retries" }).fill("9");
  await clean(page);
  await save("Changed config checkout-page in Staging");
  expect(await place.api.get(`${config}/environments/staging`)).toMatchObject({
    overrides: [{ if: { attribute: "country", operator: "eq", value: "DE" }, value: { retries: 9 } }],
  });
  await serves("DE", { retries: 9, theme: "dark" });
  await serves("FR", value);
});

test("a segment takes a hundred thousand keys by file", async ({ page, place, signIn, clean }) => {
  const segment = `${place.at}/segments/customers`;
  await place.api.post(`${place.at}/segments`, { key: "customers" });
  await signIn(page, place.owner);
  await page.goto(`/p/${place.project}/segments/customers?env=staging`);
  const send = async (lines: string[]) => {
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "File of keys" }).click();
    await (await chooser).setFiles({
      name: "keys.ndjson",
      mimeType: "application/x-ndjson",
      buffer: Buffer.from(lines.join("\n")),
    });
    await page.getByRole("button", { name: "Check the file" }).click();
  };
  await send(['"user-1"', "17"]);
  await expect(page.getByRole("alert")).toContainText("Line 2");
  expect(await place.api.get(segment)).toMatchObject({ long_list: null });
  await clean(page, { name: "14a refused line", pictures: false });

  // The answer is held until the page has told how far it is.
  const release = await holdBack(page, /\/long-list\/included\?/);
  await page.getByRole("button", { name: "Take another file" }).click();
  await send(Array.from({ length: KEYS }, (_, index) => `"user-${index}"`));
  const progress = page.getByRole("status").filter({ hasText: /% sent|Sent;/ });
  await expect(progress).toBeVisible();
  release();
  // What the file makes of the list is told first, and nothing is done.
  await expect(page.getByText("100,000 keys would be included then; 0 are now.")).toBeVisible();
  expect(await place.api.get(segment)).toMatchObject({ long_list: null });
  await page.getByRole("button", { name: "Change the list" }).click();
  await expect(page.getByText("100,000 keys are included")).toBeVisible();
  await expect(progress).toBeHidden();
  expect(await place.api.get(segment)).toMatchObject({ long_list: { included: KEYS, excluded: 0 } });
  await page.getByRole("textbox", { name: "Targeting key" }).fill("user-99999");
  await page.getByRole("button", { name: "Ask" }).click();
  await expect(page.getByText("user-99999 is in it")).toBeVisible();
  await clean(page);
});

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).toSorted(([one], [other]) => one.localeCompare(other));
}
