/** A form that a service refuses: what of it is marked, listed above, and has the focus. */
import { expect, type Locator, type Page } from "@playwright/test";

export interface Landing {
  /** As the service names it, from its first to its last. */
  readonly path: string;
  readonly control: Locator;
}

/** Sends the form; each of its refusals has landed when this returns, and there was none besides. */
export async function refused(page: Page, send: () => Promise<unknown>, landings: readonly Landing[]): Promise<void> {
  const answer = page.waitForResponse(
    (each) => ["POST", "PATCH"].includes(each.request().method()) && each.status() === 422 && !tried(each.url()),
  );
  await send();
  const { errors }: { errors: readonly { readonly field: string }[] } = await (await answer).json();
  expect(errors.map((each) => each.field)).toEqual(landings.map((each) => each.path));
  const above = page.getByRole("alert").filter({ hasText: "This can't be saved yet" });
  for (const { path, control } of landings) {
    await expect(control).toHaveAttribute("aria-invalid", "true");
    await expect(above.getByRole("button", { name: path, exact: true })).toBeVisible();
  }
  await expect(landings[0]?.control ?? page.getByRole("main")).toBeFocused();
  const last = landings.at(-1);
  await above.getByRole("button", { name: last?.path ?? "", exact: true }).click();
  await expect(last?.control ?? page.getByRole("main")).toBeFocused();
}

const tried = (url: string): boolean => url.includes("/preview") || url.includes("dry_run=true");
