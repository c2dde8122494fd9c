/** The difference of two texts by line, the shortest there is (Myers), as far as documents are of a person's size. */

export type Line =
  | { readonly kind: "kept" | "removed" | "added"; readonly text: string }
  | { readonly kind: "folded"; readonly count: number };

/** Beyond it both texts are shown whole: the work grows with the square of what differs. */
const CHANGES_MAX = 2000;
const CONTEXT = 3;

export function documentLines(document: unknown): string[] {
  if (document === undefined || document === null) return [];
  return JSON.stringify(document, null, 2).split("\n");
}

export function differenceOfLines(before: readonly string[], after: readonly string[]): Line[] {
  return folded(shortest(before, after));
}

type Step = { readonly kind: "kept" | "removed" | "added"; readonly text: string };

function shortest(before: readonly string[], after: readonly string[]): Step[] {
  const trail = forward(before, after);
  if (trail === null) return [...before.map(step("removed")), ...after.map(step("added"))];
  const steps: Step[] = [];
  let x = before.length;
  let y = after.length;
  for (let d = trail.length - 1; d >= 0; d--) {
    const reached = trail[d] ?? new Map<number, number>();
    const k = x - y;
    const down = k === -d || (k !== d && (reached.get(k - 1) ?? -1) < (reached.get(k + 1) ?? -1));
    const from = d === 0 ? 0 : (reached.get(down ? k + 1 : k - 1) ?? 0);
    const fromY = d === 0 ? 0 : from - (down ? k + 1 : k - 1);
    while (x > from && y > fromY && before[x - 1] === after[y - 1]) {
      steps.push({ kind: "kept", text: before[x - 1] ?? "" });
      x--;
      y--;
    }
    if (d > 0) {
      if (down) steps.push({ kind: "added", text: after[--y] ?? "" });
      else steps.push({ kind: "removed", text: before[--x] ?? "" });
    }
  }
  return steps.reverse();
}

/** How far each diagonal was reached before each number of changes; null beyond the limit. */
function forward(before: readonly string[], after: readonly string[]): Map<number, number>[] | null {
  const reached = new Map<number, number>([[1, 0]]);
  const trail: Map<number, number>[] = [];
  for (let d = 0; d <= Math.min(before.length + after.length, CHANGES_MAX); d++) {
    trail.push(new Map(reached));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (reached.get(k - 1) ?? -1) < (reached.get(k + 1) ?? -1));
      let x = down ? (reached.get(k + 1) ?? 0) : (reached.get(k - 1) ?? 0) + 1;
      while (x < before.length && x - k < after.length && before[x] === after[x - k]) x++;
      reached.set(k, x);
      if (x >= before.length && x - k >= after.length) return trail;
    }
  }
  return null;
}

function step(kind: "removed" | "added"): (text: string) => Step {
  return (text) => ({ kind, text });
}

function folded(steps: readonly Step[]): Line[] {
  const near = steps.map(() => false);
  steps.forEach((each, index) => {
    if (each.kind === "kept") return;
    for (let at = Math.max(0, index - CONTEXT); at <= Math.min(steps.length - 1, index + CONTEXT); at++)
      near[at] = true;
  });
  const lines: Line[] = [];
  let hidden = 0;
  const flush = () => {
    if (hidden > 0) lines.push({ kind: "folded", count: hidden });
    hidden = 0;
  };
  steps.forEach((each, index) => {
    if (near[index] || !near.includes(true)) {
      flush();
      lines.push(each);
    } else hidden++;
  });
  flush();
  return lines;
}
