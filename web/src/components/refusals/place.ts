/** Which control a refused field belongs to. A control says in `data-path` what it writes: a field of the request, or
 * several, between spaces. Below a document's field stands a JSON pointer, whose names may have spaces, too. */

const SELECTOR = "[data-path]";
const FOCUSABLE = "input, textarea, select, button, [tabindex], [contenteditable=true]";
/** Of what is led through by Tab: a box that only scrolls is not meant. */
const REACHABLE = FOCUSABLE.replace("[tabindex]", "[tabindex]:not([tabindex='-1'])");

const within = (field: string, path: string): boolean =>
  field === path || [".", "[", "/"].some((next) => field.startsWith(`${path}${next}`));

const pathsOf = (said: string): string[] => (said.includes("/") ? [said] : said.split(" "));

/** The control of exactly that field, else the nearest one that it is a part of, else the first of its parts. */
export function controlOf(form: ParentNode, field: string): HTMLElement | null {
  const found = [...form.querySelectorAll<HTMLElement>(SELECTOR)].flatMap((control) =>
    pathsOf(control.dataset.path ?? "").map((path) => ({ control, path })),
  );
  const above = found
    .filter(({ path }) => within(field, path))
    .toSorted((one, other) => other.path.length - one.path.length);
  return (above[0] ?? found.find(({ path }) => within(path, field)))?.control ?? null;
}

/** Where the focus goes for it: what stands in its place may be a group. */
export const focusOf = (control: HTMLElement): HTMLElement =>
  control.matches(FOCUSABLE) ? control : (control.querySelector<HTMLElement>(REACHABLE) ?? control);
