import { expect, type Page } from "@playwright/test";
import { Api } from "../api";
import { faultsOf } from "../faults";
import { cutTexts } from "../looks";
import { addressOf, follow, holdBack, openPage, openTab, type RoutedPage, routedPages, tabsOf } from "../pages";
import { newPlace } from "../place";
import { FLAG, type Scene } from "../scene";
import { keepPicture, keepPictures, PHONE, settled, survey } from "../survey";
import { test } from "../tour";

const pages = await routedPages();
/** Where a dialog is opened, by which button, and what its picture is called. */
const DIALOGS = [
  ["flags", "Create flag", "create-flag"],
  [`flags/${FLAG}`, "Use it in code", "snippets"],
  [`flags/${FLAG}`, "Compare with another environment", "compare"],
  ["segments", "Create segment", "create-segment"],
  ["overrides", "Set override", "set-override"],
  ["keys", "Create", "create-key"],
] as const;
const features = [...new Set(pages.map(({ feature }) => feature))];
/** Made of the parts that all pages say their states with; these are looked at in all ways. */
const WHOLE = new Set(["overview", "flags", "flags/$key/{-$tab}", "experiments", "changes", "people/{-$tab}"]);
/** What a page stands on is there; all else that it asks fails. */
const STANDS_ON = /^\/api\/v1\/(auth\/|me(\/|$)|projects\/[^/]+(\/environments)?$|organizations\/[^/]+\/projects$)/;
const SERVICES = /\/(api\/v1|analytics|events)\//;

test.describe("every page, in both schemes by axe, at 360 px and 200% without scrolling sideways", () => {
  for (const feature of features) {
    test(feature, async ({ tour: { page, place, scene } }) => {
      const own = new Set(pages.map((each) => pathOf(addressOf(each.path, place.project, scene))));
      for (const { path } of pages.filter((each) => each.feature === feature)) {
        await openPage(page, addressOf(path, place.project, scene));
        const tabs = await tabsOf(page);
        await survey(page, { name: `page ${named(path)}`, widths: true });
        for (const tab of tabs.filter((each) => !own.has(pathOf(each)))) {
          await openTab(page, tab);
          await survey(page, { name: `page ${named(path)} ${pathOf(tab).split("/").at(-1)}`, widths: true });
        }
      }
    });
  }

  test("dialogs on a phone", async ({ tour: { place, visitor } }) => {
    const page = await visitor(place.owner);
    await page.setViewportSize(PHONE);
    for (const [address, button, name] of DIALOGS) {
      await openPage(page, `/p/${place.project}/${address}?env=production`);
      await page.getByRole("button", { name: button }).first().click();
      const dialog = page.getByRole("dialog");
      await expect(dialog).toBeVisible();
      await settled(page);
      expect.soft(await cutTexts(page), `${name}: cut at 360 px`).toEqual([]);
      await keepPicture(page, `dialog-${name}-360`, false);
      await page.keyboard.press("Escape");
      await expect(dialog).toHaveCount(0);
    }
    expect(faultsOf(page)).toEqual([]);
    await page.context().close();
  });

  test("where no filter is met, and before anything has come", async ({ tour: { place, visitor } }) => {
    const page = await visitor(place.owner);
    await openPage(page, `/p/${place.project}/flags?env=production&q=nothing-is-called-so`);
    await expect(page.getByRole("main").getByRole("button", { name: "Clear filters" }).last()).toBeVisible();
    await survey(page, { name: "page flags no match", widths: true });
    // The list's answer is held back until its skeleton was looked at.
    const release = await holdBack(page, /\/api\/v1\/projects\/[^/]+\/segments\?/);
    await page.goto(`/p/${place.project}/segments?env=production`);
    await expect(page.locator("main [aria-busy=true]").first()).toBeVisible();
    await keepPicture(page, "page-segments-skeleton-light");
    release();
    await expect(page.locator("main [aria-busy=true]")).toHaveCount(0);
    expect(faultsOf(page)).toEqual([]);
    await page.context().close();
  });

  test("to nobody", async ({ tour: { visitor } }) => {
    const page = await visitor(null);
    for (const path of ["sign-in", "reset", "link"]) {
      await openPage(page, `/${path}`);
      await survey(page, { name: `page ${path}`, widths: true });
    }
    await page.context().close();
  });
});

test.describe("what pages say", () => {
  // Each of these leads through all pages.
  test.describe.configure({ timeout: 900_000 });

  test("where nothing is yet", async ({ tour: { visitor } }) => {
    const place = await newPlace(await Api.admin());
    await each(await visitor(place.owner), place.project, { keys: new Map() }, async (page, { path }) => {
      await expect(page.getByRole("heading", { level: 1 }), path).toBeVisible();
      await expect(page.getByRole("heading", { name: /went wrong|not found|no such page/i }), path).toHaveCount(0);
      return "empty";
    });
  });

  test("to somebody who may only read", async ({ tour: { place, scene, visitor } }) => {
    const viewer = await visitor(await place.person("viewer", "Vera Viewer"));
    // What a viewer may not see is told as absent, or by the right that it needs; the page stands.
    await each(viewer, place.project, scene, async (page, { path }) => {
      await expect(page.getByRole("heading", { level: 1 }), path).toBeVisible();
      return "viewer";
    });
  });

  test("where everything that it asks fails", async ({ tour: { place, scene, visitor } }) => {
    const page = await visitor(place.owner, { outages: true });
    await page.route(SERVICES, (route) => {
      if (STANDS_ON.test(new URL(route.request().url()).pathname)) return route.continue();
      const problem = { type: "about:blank", title: "Internal error", status: 500, detail: "", code: "internal_error" };
      return route.fulfill({ status: 500, contentType: "application/problem+json", json: problem });
    });
    await each(page, place.project, scene, async () => "failure");
  });
});

/** Leads through all pages of which the scene has an example. */
async function each(
  page: Page,
  project: string,
  scene: Scene,
  look: (page: Page, at: RoutedPage) => Promise<string>,
): Promise<void> {
  const some = pages.filter(({ path }) => scene.keys.size > 0 || !path.includes("/$"));
  await openPage(page, addressOf("overview", project, scene));
  for (const at of some) {
    await follow(page, addressOf(at.path, project, scene), at);
    await expect(page.getByRole("main"), at.path).toHaveText(/\S/);
    const name = `${await look(page, at)} ${named(at.path)}`;
    if (WHOLE.has(at.path)) await survey(page, { name, widths: true });
    else await keepPictures(page, name);
  }
  expect(faultsOf(page)).toEqual([]);
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await page.context().close();
}

function pathOf(address: string): string {
  return address.split("?")[0] ?? "";
}

function named(path: string): string {
  return path.replaceAll(/[^a-z]+/g, "-").replaceAll(/^-|-$/g, "");
}
