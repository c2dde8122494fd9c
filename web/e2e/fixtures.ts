/** What every journey begins with: `test` with a place of its own, a page that is watched, and `clean`. */
import { test as base, expect, type Page } from "@playwright/test";
import { Api, type Person } from "./api";
import { faultsOf, type Tolerance, watch } from "./faults";
import { newPlace, type Place } from "./place";
import { type Stack, stack } from "./stack";
import { type Survey, survey } from "./survey";

export { expect } from "@playwright/test";
export { Api, type Person, send } from "./api";
export { watch } from "./faults";
export type { Context, Place, Served } from "./place";
export { settled } from "./survey";

interface Fixtures {
  readonly stack: Stack;
  readonly place: Place;
  readonly tolerance: Tolerance;
  /** Gives the page a session of this person, as the sign-in page would. */
  readonly signIn: (page: Page, person: Person) => Promise<void>;
  /** No fault so far, no serious finding of axe in light and dark; pictures of both, and at 360 px, named after the journey. */
  readonly clean: (page: Page, options?: Partial<Survey>) => Promise<void>;
}

export const test = base.extend<Fixtures, { readonly admin: Api }>({
  admin: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what a fixture needs.
    async ({}, use) => {
      await use(await Api.admin());
    },
    { scope: "worker" },
  ],
  // biome-ignore lint/correctness/noEmptyPattern: as above.
  stack: async ({}, use) => {
    await use(stack());
  },
  tolerance: [{}, { option: true }],
  // biome-ignore lint/correctness/noEmptyPattern: as above.
  baseURL: async ({}, use) => {
    await use(stack().origin);
  },
  place: async ({ admin }, use) => {
    await use(await newPlace(admin));
  },
  page: async ({ page, tolerance }, use) => {
    await watch(page, tolerance);
    await use(page);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    expect(faultsOf(page), "what the page told of faults").toEqual([]);
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above.
  signIn: async ({}, use) => {
    await use(async (page, person) => {
      const answer = await page.request.post(`${stack().origin}/api/v1/auth/sessions`, {
        headers: { "X-Verdict-CSRF": "1", Origin: stack().origin },
        data: { email: person.email, password: person.password },
      });
      expect(answer.ok(), await answer.text()).toBe(true);
    });
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above.
  clean: async ({}, use, testInfo) => {
    await use((page, options) => survey(page, { name: testInfo.title, ...options }));
  },
});
