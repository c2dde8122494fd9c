import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures";
import { addressOf, follow, holdBack, openPage, openTab, routedPages, tabsOf } from "../pages";
import { FLAG, furnish } from "../scene";

/** What would run if any page took it for markup; it stands in every text that somebody can type. */
const SCRIPT = `"'><img src=x onerror="window.ran=1"><script>window.ran=1</script>`;
const pages = await routedPages();

test("what looks like a script stays text on every page that shows it", async ({ page, place, signIn, clean }) => {
  const scene = await furnish(place, (text) => `${text} ${SCRIPT}`);
  await signIn(page, place.owner);
  const dialogs: string[] = [];
  page.on("dialog", (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  const shownBy = new Set<string>();
  await openPage(page, addressOf("overview", place.project, scene));
  for (const at of pages) {
    await follow(page, addressOf(at.path, place.project, scene), at);
    for (const address of ["", ...(await tabsOf(page))]) {
      if (address !== "") await openTab(page, address);
      if (await staysText(page)) shownBy.add(at.feature);
    }
  }
  expect(dialogs).toEqual([]);
  await clean(page, { name: "text that tries to be a script" });
  // Each of them lists what somebody has named.
  for (const feature of ["flags", "segments", "configs", "experiments", "metrics", "changes", "overrides", "webhooks"])
    expect([...shownBy], feature).toContain(feature);
});

test("what looks like a script stays text where it is typed", async ({ page, place, signIn, clean }) => {
  await furnish(place);
  await signIn(page, place.owner);
  await openPage(page, `/p/${place.project}/flags?env=production&q=${encodeURIComponent(SCRIPT)}`);
  await staysText(page);
  await openPage(page, `/p/${place.project}/changes/1?env=staging`);
  const comment = page.getByRole("textbox", { name: /comment/i });
  await comment.fill(SCRIPT);
  const release = await holdBack(page, /\/change-requests\/1\/comments(\?|$)/, "GET");
  await page.getByRole("button", { name: "Comment", exact: true }).click();
  // Saved is saved: the field doesn't wait for the list.
  await expect(comment).toHaveValue("");
  release();
  await expect(page.getByRole("article").getByText(SCRIPT)).toBeVisible();
  await staysText(page);
  await openPage(page, `/p/${place.project}/flags/${FLAG}?env=production`);
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog").getByRole("combobox").fill(SCRIPT);
  await staysText(page);
  await clean(page, { name: "a script in the palette" });
});

/** Whether the page shows the text; as markup it never does. */
async function staysText(page: Page): Promise<boolean> {
  const { shown, ...ran } = await page.evaluate(() => ({
    ran: Reflect.has(window, "ran"),
    images: document.querySelectorAll("img[src=x]").length,
    scripts: [...document.scripts].filter((each) => each.src === "").length,
    shown: (document.querySelector("main")?.textContent ?? "").includes("<img src=x"),
  }));
  expect(ran, page.url()).toEqual({ ran: false, images: 0, scripts: 0 });
  return shown;
}
