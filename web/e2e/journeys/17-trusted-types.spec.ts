import { expect, test } from "../fixtures";

test("Trusted Types refuse markup, and what is refused is counted", async ({ browser, stack }) => {
  const counted = async (): Promise<number> => {
    const text = await (await fetch(`${stack.control_plane}/metrics`, { headers: { Connection: "close" } })).text();
    const figures = [
      ...text.matchAll(/^verdict_csp_reports_total\{directive="require-trusted-types-for"[^}]*\} (\S+)$/gm),
    ];
    return figures.reduce((sum, [, figure]) => sum + Number(figure), 0);
  };
  const before = await counted();
  // A page of its own: here the policy is broken on purpose.
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${stack.origin}/sign-in`);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  const refused = await page.evaluate(() => {
    try {
      document.body.innerHTML = "<b>markup</b>";
      return "";
    } catch (error) {
      return error instanceof Error ? error.name : String(error);
    }
  });
  expect(refused).not.toBe("");
  await page.evaluate(() => {
    try {
      const script = document.createElement("script");
      script.text = "window.ran = 1";
      document.body.append(script);
    } catch {
      // What it is there for.
    }
  });
  expect(await page.evaluate(() => Reflect.has(window, "ran"))).toBe(false);
  await expect.poll(counted).toBeGreaterThan(before);
  await page.context().close();
});
