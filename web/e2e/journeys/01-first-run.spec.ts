import { randomBytes } from "node:crypto";
import { expect, test } from "../fixtures";

test("first run to first evaluation", async ({ page, place, stack, clean }) => {
  const mark = randomBytes(4).toString("hex");
  await page.goto("/start");
  await expect(page.getByRole("heading", { name: "Sign in to Verdict" })).toBeVisible();
  await page.getByLabel("E-mail address").fill(place.owner.email);
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(place.owner.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Your first flag" })).toBeVisible();

  const project = page.getByRole("form", { name: "Create the project" });
  await project.getByLabel("Name").fill(`Web shop ${mark}`);
  await expect(project.getByLabel("Key")).toHaveValue(`web-shop-${mark}`);
  await project.getByRole("button", { name: "Create the project" }).click();

  await page.getByRole("button", { name: "Create the environments" }).click();

  const flag = page.getByRole("form", { name: "Create the flag" });
  await flag.getByLabel("Name").fill("New checkout");
  await flag.getByRole("button", { name: "Create the flag" }).click();

  await page.getByText("curl", { exact: true }).click();
  await page.getByRole("button", { name: "Make a server key for Development" }).click();
  const key = await page.getByRole("textbox", { name: "Server key of Development" }).inputValue();
  expect(key).toMatch(/^sdk-server-/);
  await expect(page.getByText(`export SERVER_KEY=${key}`)).toBeVisible();
  await expect(page.getByText("Waiting for the first evaluation in Development")).toBeVisible();
  expect(page.url()).not.toContain(key);

  // What the shown program asks, until the edge has the flag.
  await expect(async () => {
    const answer = await page.request.post(`${stack.origin}/edge/ofrep/v1/evaluate/flags/new-checkout`, {
      headers: { Authorization: `Bearer ${key}` },
      data: { context: { targetingKey: "user-1", country: "NO" } },
    });
    expect(await answer.json()).toMatchObject({ value: true, variant: "on" });
  }).toPass();
  await expect(page.getByText(/^First evaluation/)).toBeVisible();
  await clean(page);

  const made = await place.api.get<{ type: string }>(`/projects/web-shop-${mark}/flags/new-checkout`);
  expect(made.type).toBe("boolean");
  await page.getByRole("link", { name: "Open the flag" }).click();
  await expect(page).toHaveURL(new RegExp(`/p/web-shop-${mark}/flags/new-checkout\\?env=development$`));
});
