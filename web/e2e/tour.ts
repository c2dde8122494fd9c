/** A project with one of everything and pages signed in to it, made once per worker and visited by many tests. */
import { test as base, type Page } from "@playwright/test";
import { Api, type Person } from "./api";
import { type Tolerance, watch } from "./faults";
import { expect } from "./fixtures";
import { newPlace, type Place } from "./place";
import { furnish, type Scene } from "./scene";
import { stack } from "./stack";
import { DESKTOP } from "./survey";

export interface Tour {
  readonly place: Place;
  readonly scene: Scene;
  /** The owner's. */
  readonly page: Page;
  /** Another page, with this person's session or nobody's. */
  visitor(person: Person | null, tolerance?: Tolerance): Promise<Page>;
}

export const test = base.extend<object, { readonly tour: Tour }>({
  tour: [
    async ({ browser }, use) => {
      const place = await newPlace(await Api.admin());
      const scene = await furnish(place);
      const visitor = async (person: Person | null, tolerance?: Tolerance): Promise<Page> => {
        const context = await browser.newContext({
          baseURL: stack().origin,
          viewport: DESKTOP,
          reducedMotion: "reduce",
          locale: "en-GB",
          timezoneId: "Europe/Berlin",
        });
        const page = await context.newPage();
        await watch(page, tolerance);
        if (person === null) return page;
        const session = await page.request.post(`${stack().origin}/api/v1/auth/sessions`, {
          headers: { "X-Verdict-CSRF": "1", Origin: stack().origin },
          data: { email: person.email, password: person.password },
        });
        expect(session.ok(), await session.text()).toBe(true);
        return page;
      };
      const page = await visitor(place.owner);
      await use({ place, scene, page, visitor });
      await page.context().close();
    },
    { scope: "worker" },
  ],
});
