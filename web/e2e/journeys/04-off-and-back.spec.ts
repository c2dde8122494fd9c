import { expect, test } from "../fixtures";

test("off in production, and back", async ({ page, place, signIn, clean }) => {
  await place.api.post(`${place.at}/flags`, {
    key: "checkout",
    type: "boolean",
    variations: [
      { key: "on", value: true },
      { key: "off", value: false },
    ],
    off_variation: "off",
    default: { variation: "on" },
  });
  const settings = `${place.at}/flags/checkout/environments/production`;
  await place.api.change(settings, { enabled: true });
  const served = (value: boolean) =>
    place.served("production", "checkout", { targetingKey: "anna" }, (each) => each.value === value);
  await served(true);

  await signIn(page, place.owner);
  await page.goto(`/p/${place.project}/flags?env=production`);
  const turned = page.getByRole("switch", { name: "checkout in Production" });
  await expect(turned).toBeChecked();
  await expect(page.getByText("on for everybody")).toBeVisible();
  await turned.click();
  const notice = page.getByText("Turned off checkout in Production");
  // Under the pointer it stays: the way back is offered for ten seconds otherwise.
  await notice.hover();
  await expect(turned).not.toBeChecked();
  expect((await served(false)).reason).toBe("DISABLED");
  expect(await place.api.get(settings)).toMatchObject({ enabled: false });

  await page.getByRole("button", { name: "Undo" }).click();
  await expect(turned).toBeChecked();
  await served(true);
  expect(await place.api.get(settings)).toMatchObject({ enabled: true });
  await clean(page);
});
