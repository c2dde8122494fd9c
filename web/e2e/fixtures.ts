/** What every journey begins with: `test` with a place of its own, a page that is watched, and `clean`. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type Page } from "@playwright/test";
import { Api, type Person } from "./api";
import { faultsOf, type Tolerance, watch } from "./faults";
import { newPlace, type Place } from "./place";
import { repository, type Stack, stack } from "./stack";

export { expect } from "@playwright/test";
export { Api, type Person, send } from "./api";
export { watch } from "./faults";
export type { Context, Place, Served } from "./place";

const PICTURES = join(repository, "build", "screenshots");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** What a scheme alone can break; all else is the same in both. */
const OF_COLOURS = ["color-contrast", "link-in-text-block"];
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 780 };

interface Clean {
  /** Part of the pictures' names; without one, the journey's title. */
  readonly name?: string;
  /** Left out where only axe is of interest. */
  readonly pictures?: boolean;
}

interface Fixtures {
  readonly stack: Stack;
  readonly place: Place;
  readonly tolerance: Tolerance;
  /** Gives the page a session of this person, as the sign-in page would. */
  readonly signIn: (page: Page, person: Person) => Promise<void>;
  /** No fault so far, no serious finding of axe in light and dark; pictures of both, and at 360 px. */
  readonly clean: (page: Page, options?: Clean) => Promise<void>;
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
    await use(async (page, { name = testInfo.title, pictures = true } = {}) => {
      const file = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
      const before = page.viewportSize() ?? DESKTOP;
      for (const scheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        await settled(page);
        expect
          .soft(await seriousFindings(page, scheme === "dark" ? OF_COLOURS : []), `${scheme} ${page.url()}`)
          .toEqual([]);
        if (pictures) await keepPicture(page, `${file}-${scheme}`);
      }
      await page.emulateMedia({ colorScheme: "light" });
      if (pictures) {
        await page.setViewportSize(PHONE);
        await settled(page);
        await keepPicture(page, `${file}-360`);
        await page.setViewportSize(before);
      }
      expect(faultsOf(page), "what the page told of faults").toEqual([]);
    });
  },
});

/** Nothing is being fetched, and the page has drawn it. */
export async function settled(page: Page): Promise<void> {
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

/** What axe calls serious or critical, in words; by these rules alone where some are named. */
export async function seriousFindings(page: Page, rules: readonly string[] = []): Promise<string[]> {
  // In the page itself: the pages have no frames of other origins, and a second page for each look takes its time.
  const axe = new AxeBuilder({ page }).options({ resultTypes: ["violations"] }).setLegacyMode();
  const { violations } = await (rules.length === 0 ? axe.withTags(TAGS) : axe.withRules([...rules])).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, help, nodes }) =>
      nodes.map((node) => `${id}: ${help} (${node.target.join(" ")}) ${node.html.slice(0, 160)}`),
    );
}

export async function keepPicture(page: Page, name: string): Promise<void> {
  if (!existsSync(PICTURES)) mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}
