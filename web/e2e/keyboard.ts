/** A person without a mouse: Tab and Shift+Tab lead to a control, whichever way it stands. */
import type { Locator, Page } from "@playwright/test";
import { expect } from "@playwright/test";

const TABS_MAX = 120;
const OPTIONS_MAX = 40;

/** Goes to the control by Tab alone; throws where no way leads there. */
export async function reach(page: Page, control: Locator): Promise<void> {
  // Some have no size of their own: what is drawn for them is their label.
  await control.waitFor({ state: "attached" });
  for (let tab = 0; tab < TABS_MAX; tab++) {
    const way = await control.evaluate((element) => {
      const active = document.activeElement;
      if (active === element) return "there";
      const behind =
        active !== null && (element.compareDocumentPosition(active) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
      return behind && active !== document.body ? "Shift+Tab" : "Tab";
    });
    if (way === "there") return;
    await page.keyboard.press(way);
  }
  throw new Error(`no Tab leads to ${String(control)}`);
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
