/** What a look at a page needs beside Playwright's own. */
import type { Page } from "@playwright/test";

/** All that was told to be drawn is. */
export function drawn(page: Page): Promise<void> {
  return page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))),
  );
}

/** What stands out of a page that scrolls sideways; nothing of one that doesn't. */
export function tooWide(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const out = [...document.querySelectorAll("main *")].filter(
      (each) => each.getBoundingClientRect().right > clientWidth + 0.5,
    );
    return [`${scrollWidth - clientWidth} px`, ...out.slice(0, 4).map((each) => each.outerHTML.slice(0, 160))];
  });
}
