/** Every page that the features' routes have, with an example of what stands in its address. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, type Page, type Request, type Route } from "@playwright/test";
import type { Scene } from "./scene";
import { repository } from "./stack";

export interface RoutedPage {
  readonly feature: string;
  /** As the router has it. */
  readonly path: string;
  readonly title: string;
}

const FEATURES = join(repository, "web", "src", "features");
/** Pages of which the scene has no example, each with who opens it. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ["rollouts/$key/incidents/$incident", "13-guard.spec.ts: it takes harm that a monitor finds"],
]);
/** Where the scene has what such a page shows; all else is in production. */
const IN_STAGING: ReadonlySet<string> = new Set(["rollouts"]);
/** What follows events for as long as the page stands never is through. */
const FOLLOWS = /\/(tail|stream)(\?|$)/;
const asked = new WeakMap<Page, Set<Request>>();

export async function routedPages(): Promise<readonly RoutedPage[]> {
  const found: RoutedPage[] = [];
  for (const feature of readdirSync(FEATURES).sort()) {
    const file = pathToFileURL(join(FEATURES, feature, "routes.ts")).href;
    const { routes } = (await import(file)) as { readonly routes: readonly Omit<RoutedPage, "feature">[] };
    for (const { path, title } of routes) if (!ELSEWHERE.has(path)) found.push({ feature, path, title });
  }
  return found;
}

/** The address of a page in this project. A page of a new noun fails here until the scene has an example of it. */
export function addressOf(path: string, project: string, scene: Scene): string {
  const parts = path
    .split("/")
    .filter((part) => !part.startsWith("{-"))
    .map((part, index, all) => {
      if (!part.startsWith("$")) return part;
      const key = scene.keys.get(all[index - 1] ?? "");
      if (key === undefined) throw new Error(`scene.ts has no example for ${path}`);
      return encodeURIComponent(key);
    });
  if (path.startsWith("/")) return parts.join("/");
  const environment = IN_STAGING.has(parts[0] ?? "") ? "staging" : "production";
  return `/p/${encodeURIComponent(project)}/${parts.join("/")}?env=${environment}`;
}

/** Opens it and waits until it stands: a heading, nothing that loads, nothing that failed. */
export async function openPage(page: Page, address: string): Promise<void> {
  await visit(page, address);
  await expect(page.getByRole("heading", { level: 1 }), address).toBeVisible();
  await expect(page.getByRole("heading", { name: /went wrong|not found|no such page/i }), address).toHaveCount(0);
}

/** Opens it, whatever it has to say, and waits until it has said it. */
export async function visit(page: Page, address: string): Promise<void> {
  count(page);
  await page.goto(address);
  await quiet(page);
}

/** Leads from the page that stands to this one, as a link in it does, and waits until it has said what it has to say. */
export async function follow(page: Page, address: string, { title }: RoutedPage): Promise<void> {
  count(page);
  await page.evaluate((to) => history.pushState(null, "", to), address);
  await expect(page, address).toHaveTitle(new RegExp(`(^| · )${title} · Verdict$`));
  await quiet(page);
}

/** Clicks on the tab, and waits until it is shown. */
export async function openTab(page: Page, address: string): Promise<void> {
  count(page);
  const tab = page.getByRole("main").locator(`nav a[href="${address}"]`).first();
  await tab.click();
  await expect(tab, address).toHaveAttribute("aria-current", "page");
  await quiet(page);
}

/** Holds requests of these addresses back until what comes is called. */
export async function holdBack(page: Page, address: RegExp, method?: string): Promise<() => void> {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const hold = async (route: Route) => {
    if (method === undefined || route.request().method() === method) await released;
    await route.fallback();
  };
  await page.route(address, hold);
  return () => {
    release();
    void page.unroute(address, hold);
  };
}

/** Nothing is being asked or drawn; a question that follows from an answer counts, too. */
async function quiet(page: Page): Promise<void> {
  await expect
    .poll(async () => {
      const before = waiting(page);
      await page.evaluate(
        () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)))),
      );
      const busy = await page.locator("[aria-busy=true]").count();
      return before + waiting(page) + busy;
    })
    .toBe(0);
}

function waiting(page: Page): number {
  return [...(asked.get(page) ?? [])].filter((each) => !FOLLOWS.test(each.url())).length;
}

function count(page: Page): void {
  if (asked.has(page)) return;
  const open = new Set<Request>();
  asked.set(page, open);
  page.on("request", (request) => open.add(request));
  page.on("requestfinished", (request) => open.delete(request));
  page.on("requestfailed", (request) => open.delete(request));
}

/** The addresses of the tabs that the page has, besides its own. */
export async function tabsOf(page: Page): Promise<readonly string[]> {
  const tabs = page.getByRole("main").locator("nav a[href]");
  const found = await tabs.evaluateAll((all) => all.map((each) => each.getAttribute("href") ?? ""));
  const here = new URL(page.url()).pathname;
  return [...new Set(found)].filter((href) => href.startsWith(`${here}/`));
}
