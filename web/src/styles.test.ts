import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname);
const files = readdirSync(root, { recursive: true, encoding: "utf8" });
const textOf = (file: string): string => readFileSync(join(root, file), "utf8");

/** What a style sheet has names for, in its selectors alone. */
function classesIn(styles: string): ReadonlySet<string> {
  const own = styles.replaceAll(/\/\*.*?\*\//gs, "").replaceAll(/:global\([^)]*\)/g, "");
  const selectors = own.matchAll(/([^{};]+)\{/g);
  return new Set(
    [...selectors].flatMap(([, selector = ""]) =>
      selector.trimStart().startsWith("@")
        ? []
        : [...selector.matchAll(/\.(-?[a-z_][\w-]*)/gi)].map(([, name = ""]) => name),
    ),
  );
}

/** Whether a program that has the sheet under this name takes the class from it. */
function uses(program: string, imported: string, name: string): boolean {
  const dotted = new RegExp(`\\b${imported}\\.${name}\\b`);
  return dotted.test(program) || new RegExp(`\\b${imported}\\[`).test(program);
}

/** By sheet, as paths below src: who imports it, under which name. */
function importers(): ReadonlyMap<string, readonly { readonly program: string; readonly imported: string }[]> {
  const found = new Map<string, { program: string; imported: string }[]>();
  for (const file of files.filter((each) => /\.tsx?$/.test(each) && !each.includes("generated"))) {
    const program = textOf(file);
    for (const [, imported = "", from = ""] of program.matchAll(/import (\w+) from "([^"]+\.module\.css)"/g)) {
      const sheet = from.startsWith("@/") ? from.slice(2) : join(file, "..", from);
      found.set(sheet, [...(found.get(sheet) ?? []), { program, imported }]);
    }
  }
  return found;
}

function unused(
  styles: string,
  programs: readonly { readonly program: string; readonly imported: string }[],
): string[] {
  return [...classesIn(styles)].filter((name) => !programs.some((each) => uses(each.program, each.imported, name)));
}

test("each class of a style sheet is used by who imports it", () => {
  const by = importers();
  const faults = files
    .filter((each) => each.endsWith(".module.css"))
    .flatMap((sheet) => unused(textOf(sheet), by.get(sheet) ?? []).map((name) => `${sheet}: .${name}`));
  expect(faults).toEqual([]);
});

test("a class that nobody takes is found, one of a media query or a state, too", () => {
  const styles =
    ".used { color: red } @media (max-width: 600px) { .narrow:hover > .inner { margin: 0.5rem } } /* .told {} */";
  const program = 'import classes from "./page.module.css"; <p className={classes.used} />';
  expect(unused(styles, [{ program, imported: "classes" }])).toEqual(["narrow", "inner"]);
  expect(unused(styles, [])).toEqual(["used", "narrow", "inner"]);
});
