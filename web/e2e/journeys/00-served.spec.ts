import { expect, test } from "../fixtures";

test("the pages come from the control plane, under the whole policy", async ({ page, clean }) => {
  const answer = await page.goto("/sign-in");
  expect(answer?.headers()["content-security-policy"]).toContain("require-trusted-types-for 'script'");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await clean(page);
});
