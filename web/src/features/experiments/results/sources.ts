/** Where a sample-ratio mismatch comes from, as a page tells it. */

interface Slice {
  readonly segment: string | null;
}

const SHOWN = 5;

/** The slices with most of the deviation come first; of days the same ones in their order. */
export function shownSlices<One extends Slice>(by: string, slices: readonly One[]): One[] {
  const shown = slices.slice(0, SHOWN);
  return by === "$day" ? shown.toSorted((a, b) => (a.segment ?? "").localeCompare(b.segment ?? "")) : shown;
}

/** A sentence that names SDK keys by their ids, with the names that people know. */
export function withNames(text: string, names: ReadonlyMap<string, string>): string {
  let said = text;
  for (const [id, name] of names) said = said.replaceAll(id, `“${name}”`);
  return said;
}

/** What a text says beyond what another place of the page has said already. */
export function beyond(text: string, said: readonly string[]): string {
  const start = said.find((each) => each !== "" && text.startsWith(each));
  return start === undefined ? text : text.slice(start.length).trim();
}
