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

/** Texts of controls in an open dialog that are cut: what they say is wider than what they show of it. */
export function cutTexts(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const dialogs = [...document.querySelectorAll("[role=dialog]")];
    const controls = dialogs.flatMap((each) => [...each.querySelectorAll("button, button *, label, h2, legend, th")]);
    const cut = controls.filter((each) => {
      const { overflowX } = getComputedStyle(each);
      return overflowX !== "visible" && each.scrollWidth > each.clientWidth + 1 && each.textContent?.trim() !== "";
    });
    const out = dialogs.flatMap((dialog) => {
      const { right } = dialog.getBoundingClientRect();
      return [...dialog.querySelectorAll("button, label, input")].filter(
        (each) => each.getBoundingClientRect().right > right + 0.5,
      );
    });
    return [...new Set([...cut, ...out])].map((each) => each.outerHTML.slice(0, 160));
  });
}
