/** Which control a refused field belongs to. A control says in `data-path` what it writes: a field of the request, or
 * several, between spaces. */

const SELECTOR = "[data-path]";
const FOCUSABLE = "input, textarea, select, button, [tabindex], [contenteditable=true]";

const within = (field: string, path: string): boolean =>
  field === path || field.startsWith(`${path}.`) || field.startsWith(`${path}[`);

/** The control of exactly that field, else the nearest one that it is a part of, else the first of its parts. */
export function controlOf(form: ParentNode, field: string): HTMLElement | null {
  const found = [...form.querySelectorAll<HTMLElement>(SELECTOR)].flatMap((control) =>
    (control.dataset.path ?? "").split(" ").map((path) => ({ control, path })),
  );
  const above = found
    .filter(({ path }) => within(field, path))
    .toSorted((one, other) => other.path.length - one.path.length);
  return (above[0] ?? found.find(({ path }) => within(path, field)))?.control ?? null;
}

/** Where the focus goes for it: what stands in its place may be a group. */
export const focusOf = (control: HTMLElement): HTMLElement =>
  control.matches(FOCUSABLE) ? control : (control.querySelector<HTMLElement>(FOCUSABLE) ?? control);
