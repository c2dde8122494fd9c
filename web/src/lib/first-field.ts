/** Where editing a page begins: its first field that may be changed. */

const FIELDS = "input:not([type=hidden]):not([type=file]), textarea, [contenteditable=true]";

/** False where there is none. What stands in the page's header, as switches and filters do, is no part of what it edits. */
export function focusFirstField(page: Element | null = document.querySelector("main")): boolean {
  const found = [...(page?.querySelectorAll<HTMLElement>(FIELDS) ?? [])].find(
    (each) => !each.matches(":disabled, [readonly]") && each.closest("header, search, [inert], [hidden]") === null,
  );
  found?.focus();
  return found !== undefined;
}
