/** A signed-in page and a project with one of everything, made once per worker and visited by many tests. */
import { test as base, type Page } from "@playwright/test";
import { Api, type Person } from "./api";
import { faultsOf, type Tolerance, watch } from "./faults";
import { expect, keepPicture, seriousFindings } from "./fixtures";
import { drawn, tooWide } from "./looks";
import { newPlace, type Place } from "./place";
import { furnish, type Scene } from "./scene";
import { stack } from "./stack";

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 780 };
/** Zooming a laptop's window to 200 % halves what it holds. */
const ZOOMED = { width: 640, height: 400 };

export interface Tour {
  readonly place: Place;
  readonly scene: Scene;
  readonly page: Page;
  /** Another page with a session of its own, closed with the tour. */
  visitor(person: Person, tolerance?: Tolerance): Promise<Page>;
}

export const test = base.extend<object, { readonly tour: Tour }>({
  tour: [
    async ({ browser }, use) => {
      const place = await newPlace(await Api.admin());
      const scene = await furnish(place);
      const visitor = async (person: Person, tolerance?: Tolerance): Promise<Page> => {
        const context = await browser.newContext({
          baseURL: stack().origin,
          viewport: DESKTOP,
          reducedMotion: "reduce",
          locale: "en-GB",
          timezoneId: "Europe/Berlin",
        });
        const page = await context.newPage();
        await watch(page, tolerance);
        const session = await page.request.post(`${stack().origin}/api/v1/auth/sessions`, {
          headers: { "X-Verdict-CSRF": "1", Origin: stack().origin },
          data: { email: person.email, password: person.password },
        });
        expect(session.ok(), await session.text()).toBe(true);
        return page;
      };
      const page = await visitor(place.owner);
      await use({ place, scene, page, visitor });
      await browser.close();
    },
    { scope: "worker" },
  ],
});

/** One look at a page: both schemes by axe, at 360 px and zoomed without scrolling sideways, a picture of each. */
export async function survey(page: Page, name: string): Promise<void> {
  const file = `page-${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`;
  const where = new URL(page.url()).pathname;
  expect.soft(await seriousFindings(page), `light ${where}`).toEqual([]);
  await keepPicture(page, `${file}-light`);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.locator('html[data-mantine-color-scheme="dark"]').waitFor();
  await drawn(page);
  // Schemes differ in nothing but colours.
  expect.soft(await seriousFindings(page, ["color-contrast"]), `dark ${where}`).toEqual([]);
  await keepPicture(page, `${file}-dark`);
  await page.emulateMedia({ colorScheme: "light" });
  for (const [what, size] of [
    ["200 %", ZOOMED],
    ["360 px", PHONE],
  ] as const) {
    await page.setViewportSize(size);
    await drawn(page);
    expect.soft(await tooWide(page), `${where} scrolls sideways at ${what}`).toEqual([]);
  }
  expect.soft(await seriousFindings(page, ["scrollable-region-focusable"]), `360 px ${where}`).toEqual([]);
  await keepPicture(page, `${file}-360`);
  await page.setViewportSize(DESKTOP);
  expect(faultsOf(page), "what the page told of faults").toEqual([]);
}
