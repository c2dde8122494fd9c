import { Api } from "../api";
import { faultsOf } from "../faults";
import { expect, keepPicture, seriousFindings } from "../fixtures";
import { addressOf, openPage, routedPages, tabsOf, visit } from "../pages";
import { newPlace } from "../place";
import { survey, test } from "../tour";

const pages = await routedPages();
const features = [...new Set(pages.map(({ feature }) => feature))];
/** What a page stands on is there; all else that it asks fails. */
const STANDS_ON = /^\/api\/v1\/(auth\/|me(\/|$)|projects\/[^/]+(\/environments)?$|organizations\/[^/]+\/projects$)/;
const SERVICES = /\/(api\/v1|analytics|events)\//;

// Pages are many, and machines are slow at times.
test.describe.configure({ timeout: 240_000 });

test.describe("every page: both schemes by axe, at 360 px and 200 % without scrolling sideways", () => {
  for (const feature of features) {
    test(feature, async ({ tour: { page, place, scene } }) => {
      const own = new Set(pages.map((each) => pathOf(addressOf(each.path, place.project, scene))));
      for (const { path } of pages.filter((each) => each.feature === feature)) {
        await openPage(page, addressOf(path, place.project, scene));
        const name = path.replaceAll(/[{}$-]+/g, "");
        const tabs = await tabsOf(page);
        await survey(page, name);
        for (const tab of tabs) {
          if (own.has(pathOf(tab))) continue;
          await openPage(page, tab);
          await survey(page, `${name} ${pathOf(tab).split("/").at(-1)}`);
        }
      }
    });
  }
});

test.describe("what pages say that have nothing to show", () => {
  const lists = pages.filter(({ path }) => !path.includes("/$"));

  test("where nothing is yet", async ({ tour: { visitor } }) => {
    const place = await newPlace(await Api.admin());
    const page = await visitor(place.owner);
    for (const { path } of lists) {
      await openPage(page, addressOf(path, place.project, { keys: new Map() }));
      expect.soft(await seriousFindings(page), page.url()).toEqual([]);
      await keepPicture(page, `empty-${named(path)}`);
    }
    expect(faultsOf(page)).toEqual([]);
    await page.context().close();
  });

  test("to somebody who may only read", async ({ tour: { place, scene, visitor } }) => {
    const page = await visitor(await place.person("viewer", "Vera Viewer"));
    for (const { path } of pages) {
      await visit(page, addressOf(path, place.project, scene));
      // What a viewer may not see is told as absent, or by the right that it needs; the page stands.
      await expect(page.getByRole("heading", { level: 1 }), path).toBeVisible();
      await keepPicture(page, `viewer-${named(path)}`);
    }
    expect(faultsOf(page)).toEqual([]);
    await page.context().close();
  });

  test("where everything that it asks fails", async ({ tour: { place, scene, visitor } }) => {
    const page = await visitor(place.owner, { outages: true });
    await page.route(SERVICES, (route) => {
      if (STANDS_ON.test(new URL(route.request().url()).pathname)) return route.continue();
      const problem = { type: "about:blank", title: "Internal error", status: 500, detail: "", code: "internal_error" };
      return route.fulfill({ status: 500, contentType: "application/problem+json", json: problem });
    });
    for (const [index, { path, feature }] of pages.entries()) {
      await visit(page, addressOf(path, place.project, scene));
      const main = page.getByRole("main");
      expect.soft((await main.textContent())?.trim(), path).not.toBe("");
      // Pages of a feature say it alike.
      if (pages[index - 1]?.feature !== feature) expect.soft(await seriousFindings(page), page.url()).toEqual([]);
      await keepPicture(page, `failure-${named(path)}`);
    }
    expect(faultsOf(page)).toEqual([]);
    await page.context().close();
  });
});

function pathOf(address: string): string {
  return address.split("?")[0] ?? "";
}

function named(path: string): string {
  return path.replaceAll(/[^a-z]+/g, "-").replaceAll(/^-|-$/g, "");
}
