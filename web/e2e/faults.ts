/** What may not happen on any page: errors on the console, reports of the policy, exceptions nobody catches. */
import type { Page } from "@playwright/test";

const told = new WeakMap<Page, string[]>();
/** Chromium tells every answer of failure; a journey asks for those on purpose, and looks at them itself. */
const ANSWER = /^Failed to load resource: the server responded with a status of 4\d\d/;
/** The second is how the router tells what a page could not begin with; the page itself says it in words. */
const AWAY =
  /^(Failed to load resource: (the server responded with a status of 50\d|net::ERR_)|Problem: .* does not answer\.)/;

export interface Tolerance {
  /** A service is away: its answers of 502 and broken connections are no faults. */
  readonly outages?: boolean;
}

/** Begins to look, before the page's first address. */
export async function watch(page: Page, tolerance: Tolerance = {}): Promise<void> {
  if (told.has(page)) return;
  const faults: string[] = [];
  told.set(page, faults);
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() !== "error" || ANSWER.test(text)) return;
    if (tolerance.outages === true && AWAY.test(text)) return;
    faults.push(`console: ${text}`);
  });
  page.on("pageerror", (error) => faults.push(`exception: ${error.stack ?? error.message}`));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy: ${event.effectiveDirective} refused ${event.blockedURI} ${event.sample}`);
    });
  });
}

/** What has happened so far. */
export function faultsOf(page: Page): readonly string[] {
  return told.get(page) ?? ["nobody has looked: watch(page) comes before its first address"];
}
