/** A person without a mouse: Tab and Shift+Tab lead to a control, whichever way it stands. */
import type { Locator, Page } from "@playwright/test";
import { expect } from "@playwright/test";

const TABS_MAX = 120;
const OPTIONS_MAX = 40;

/** Goes to the control by Tab alone; throws where no way leads there. */
export async function reach(page: Page, control: Locator): Promise<void> {
  // Some have no size of their own: what is drawn for them is their label.
  await control.waitFor({ state: "attached" });
  let first: string | undefined;
  for (let pressed = 0; pressed < TABS_MAX; ) {
    const { way, between } = await control.evaluate((element) => {
      const active = document.activeElement;
      if (active === element) return { way: "there", between: 0 };
      const isBehind =
        active !== null && (element.compareDocumentPosition(active) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
      const back = isBehind && active !== document.body;
      const isBetween = (each: Element) => {
        const [first, last] = back ? [element, active] : [active, element];
        const afterFirst =
          first === null || (first.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
        return afterFirst && (last?.compareDocumentPosition(each) ?? 0) & Node.DOCUMENT_POSITION_PRECEDING;
      };
      const stops = document.querySelectorAll(
        "a[href], button:not([disabled]), input, select, textarea, [tabindex='0']",
      );
      return { way: back ? "Shift+Tab" : "Tab", between: [...stops].filter(isBetween).length };
    });
    if (way === "there") return;
    // Half of the way at once, as not all of these are stops; back from too far step by step.
    first ??= way;
    const steps = way === first ? Math.max(1, Math.floor(between / 2)) : 1;
    await holdTab(page, way, steps);
    pressed += steps;
  }
  throw new Error(`no Tab leads to ${String(control)}`);
}

/** Tab held down until it has moved so often: one press after another would wait for the page each time. */
async function holdTab(page: Page, way: string, times: number): Promise<void> {
  if (way === "Shift+Tab") await page.keyboard.down("Shift");
  await Promise.all(Array.from({ length: times }, () => page.keyboard.down("Tab")));
  await page.keyboard.up("Tab");
  if (way === "Shift+Tab") await page.keyboard.up("Shift");
}

/** Two letters in a row lead to a page. A machine that is too busy for "in a row" is asked again. */
export async function leadTo(page: Page, letters: readonly [string, string], heading: string): Promise<void> {
  await expect(async () => {
    for (const letter of letters) await page.keyboard.press(letter);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(heading, { timeout: 10_000 });
  }).toPass();
}

export async function press(page: Page, control: Locator, key = "Enter"): Promise<void> {
  await reach(page, control);
  await page.keyboard.press(key);
}

export async function type(page: Page, control: Locator, text: string): Promise<void> {
  await reach(page, control);
  await page.keyboard.type(text);
}

/** An option of a native select, by arrows. */
export async function choose(page: Page, control: Locator, label: string): Promise<void> {
  await reach(page, control);
  // Its path may change with what is chosen, so it is known as what has the focus.
  const chosen = page.locator("select:focus option:checked");
  await page.keyboard.press("Home");
  for (let step = 0; step < OPTIONS_MAX && (await chosen.textContent()) !== label; step++)
    await page.keyboard.press("ArrowDown");
  await expect(chosen).toHaveText(label);
}
