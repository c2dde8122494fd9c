import { expect, test } from "../fixtures";
import { stack } from "../stack";

/** The status with which the edge answers this key: asked until it is `wanted`, since a key is known a moment after. */
async function untilAnswered(key: string, wanted: number): Promise<void> {
  await expect
    .poll(
      async () =>
        (
          await fetch(`${stack().edge}/ofrep/v1/evaluate/flags`, {
            method: "POST",
            headers: { "Content-Type": "application/json", Authorization: `Bearer ${key}`, Connection: "close" },
            body: JSON.stringify({ context: { targetingKey: "u1" } }),
          })
        ).status,
    )
    .toBe(wanted);
}

test("a key is shown once, rotated and revoked", async ({ page, place, signIn, clean }) => {
  await signIn(page, place.owner);
  await page.goto(`/p/${place.project}/keys?env=production`);
  await page.getByRole("button", { name: "Create SDK key" }).first().click();
  await page.getByRole("textbox", { name: "Name" }).fill("Backend");
  await page.getByRole("button", { name: "Create the key" }).click();

  const shown = page.getByRole("dialog", { name: "The new SDK key" });
  const secret = shown.getByRole("textbox");
  await expect(secret).toHaveValue(/^sdk-server-/);
  const first = await secret.inputValue();
  await clean(page, { name: "a key shown once" });
  await shown.getByRole("button", { name: "I have copied it" }).click();
  await untilAnswered(first, 200);
  await expect(page.getByRole("table", { name: "SDK keys of Production" })).toContainText("Backend");
  await page.reload();
  await expect(page.getByRole("table", { name: "SDK keys of Production" })).toContainText(first.slice(-4));
  expect(await page.content()).not.toContain(first);

  await page.getByRole("button", { name: `Rotate Backend, ending in ${first.slice(-4)}` }).click();
  await page.getByRole("combobox", { name: "The old key ends" }).click();
  await page.getByRole("option", { name: /At once/ }).click();
  await page.getByRole("button", { name: "Rotate the key" }).click();
  const second = await page.getByRole("dialog", { name: "The new SDK key" }).getByRole("textbox").inputValue();
  expect(second).not.toBe(first);
  await page.getByRole("button", { name: "I have copied it" }).click();
  await untilAnswered(second, 200);
  await untilAnswered(first, 401);

  await page.getByRole("button", { name: `Revoke Backend, ending in ${second.slice(-4)}` }).click();
  await page.getByRole("button", { name: "Revoke the key" }).click();
  await expect(page.getByText("Revoked the SDK key Backend")).toBeVisible();
  await untilAnswered(second, 401);
  const { items } = await place.api.get<{
    items: { hint: string; expires_at: string | null; revoked_at: string | null }[];
  }>(`${place.at}/environments/production/sdk-keys`);
  const of = (key: string) => items.find(({ hint }) => key.endsWith(hint));
  expect(of(second)?.revoked_at).not.toBeNull();
  // What was rotated at once has ended, which is no revocation.
  expect(of(first)).toMatchObject({ expires_at: expect.any(String), revoked_at: null });
  await clean(page, { name: "sdk keys" });
});
