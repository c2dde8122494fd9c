/** How a page is looked at: by axe in both schemes, by pictures of both and of a phone's, by what stands out sideways. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";
import { faultsOf } from "./faults";
import { drawn, tooWide } from "./looks";
import { repository } from "./stack";

const softly = expect.configure({ soft: true, timeout: 10_000 });
const PICTURES = join(repository, "build", "screenshots");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** What a scheme alone can break; all else is the same in both. */
const OF_COLOURS = ["color-contrast", "link-in-text-block"];
/** What a width alone can break. */
const OF_WIDTHS = ["scrollable-region-focusable"];
export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 360, height: 780 };
/** Zooming a laptop's window to 200% halves what it holds. */
const ZOOMED = { width: 640, height: 400 };

export interface Survey {
  /** Part of the pictures' names. */
  readonly name: string;
  /** Left out where only axe is of interest. */
  readonly pictures?: boolean;
  /** Whether everything has its place on a phone and at 200%, too. */
  readonly widths?: boolean;
}

const fileOf = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");

/** Pictures of both schemes and of a phone's width, where nothing else is of interest. */
export async function keepPictures(page: Page, name: string): Promise<void> {
  const before = page.viewportSize() ?? DESKTOP;
  for (const scheme of ["dark", "light"] as const) {
    await inScheme(page, scheme);
    await keepPicture(page, `${fileOf(name)}-${scheme}`);
  }
  await keepPhonePicture(page, name);
  await page.setViewportSize(before);
}

async function keepPhonePicture(page: Page, name: string): Promise<void> {
  await page.setViewportSize(PHONE);
  await settled(page);
  await keepPicture(page, `${fileOf(name)}-360`);
}

/** No fault so far, no serious finding of axe; the page stands as it stood. */
export async function survey(page: Page, { name, pictures = true, widths = false }: Survey): Promise<void> {
  const before = page.viewportSize() ?? DESKTOP;
  for (const scheme of ["light", "dark"] as const) {
    await inScheme(page, scheme);
    await sound(page, scheme, scheme === "dark" ? OF_COLOURS : []);
    if (pictures) await keepPicture(page, `${fileOf(name)}-${scheme}`);
  }
  await inScheme(page, "light");
  if (widths) await fits(page);
  if (pictures) await keepPhonePicture(page, name);
  await page.setViewportSize(before);
  expect(faultsOf(page), "what the page told of faults").toEqual([]);
}

async function inScheme(page: Page, scheme: "light" | "dark"): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme });
  await page.locator(`html[data-mantine-color-scheme="${scheme}"]`).waitFor({ state: "attached" });
  await settled(page);
}

/** Ends at a phone's width. */
async function fits(page: Page): Promise<void> {
  const where = new URL(page.url()).pathname;
  for (const [what, size] of [
    ["200%", ZOOMED],
    ["360 px", PHONE],
  ] as const) {
    await page.setViewportSize(size);
    await drawn(page);
    // A chart is drawn anew a moment after its place has another width.
    await softly.poll(() => tooWide(page), { message: `${where} scrolls sideways at ${what}` }).toEqual([]);
  }
  await sound(page, "360 px", OF_WIDTHS);
}

/** Nothing is being fetched, and the page has drawn it. */
export async function settled(page: Page): Promise<void> {
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  await drawn(page);
}

/** Nothing that axe calls serious or critical; by these rules alone where some are named. */
export async function sound(page: Page, what: string, rules: readonly string[] = []): Promise<void> {
  // In the page itself: the pages have no frames of other origins, and a second page for each look takes its time.
  const axe = new AxeBuilder({ page }).options({ resultTypes: ["violations"] }).setLegacyMode();
  const { violations } = await (rules.length === 0 ? axe.withTags(TAGS) : axe.withRules([...rules])).analyze();
  const findings = violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, help, nodes }) =>
      nodes.map((node) => `${id}: ${help} (${node.target.join(" ")}) ${node.html.slice(0, 160)}`),
    );
  expect.soft(findings, `${what} ${page.url()}`).toEqual([]);
}

/** Of all of the page, or of what its window shows. */
export async function keepPicture(page: Page, name: string, fullPage = true): Promise<void> {
  if (!existsSync(PICTURES)) mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage });
}
