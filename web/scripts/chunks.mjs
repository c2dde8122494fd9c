// How the build is cut: what the first view needs is one file, so that it costs one round trip, what the list of flags
// needs beside it is another, which most pages share, and what both read a moment later a third; the rest as Vite cuts it.
// It imports nothing but itself: a cycle of files would run a module before what it needs.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const main = join(web, "src", "app", "main.tsx");
const core = join(web, "node_modules", "@mantine", "core", "esm");
/** Modules that only hand on others: through them everything would look as if the first view needed it. */
const isBarrel = (id) => id === join(core, "index.mjs") || /\/zod\/v4\/core\/index\.js$/.test(id);
const flags = join(web, "src", "features", "flags", "pages", "FlagsPage.tsx");
/** What the shell and the list read by themselves, a moment after they stand. */
const atOnce = [
  "src/app/Notices.tsx",
  "src/app/shell/Attention.tsx",
  "src/app/shell/EnvironmentSwitch.tsx",
  "src/app/shell/PersonMenu.tsx",
  "src/app/shell/ProjectSwitch.tsx",
  "src/features/flags/list/ColumnChooser.tsx",
  "src/features/flags/list/FlagFilters.tsx",
];
let shell = null;
let list = null;
let soon = null;

/** Where each name of Mantine's barrel comes from. */
function mantineFiles() {
  const text = readFileSync(join(core, "index.mjs"), "utf8");
  const found = new Map();
  for (const [, names, from] of text.matchAll(/import \{([^}]+)\} from "(\.[^"]+)"/g)) {
    for (const name of names.split(",")) found.set(name.split(" as ").at(-1).trim(), join(core, from));
  }
  return found;
}

/** What a file of ours, or one of Mantine's other packages, takes from the barrels. */
function namedFiles(id, mantine) {
  if (![join(web, "src"), join(web, "node_modules", "@mantine")].some((each) => id.startsWith(each))) return [];
  const text = readFileSync(id.split("?")[0], "utf8");
  const named = [...text.matchAll(/import \{([^}]+)\} from "@mantine\/core"/g)].flatMap(([, names]) =>
    names.split(",").map((name) => mantine.get(name.trim())),
  );
  const settings = text.includes('from "zod/v4/core"') ? [join(web, "node_modules/zod/v4/core/core.js")] : [];
  return [...named.filter((each) => each !== undefined), ...settings];
}

/** Modules that these import without waiting for them, and they themselves. */
function reached(first, context) {
  const mantine = mantineFiles();
  const found = new Set();
  const waiting = [...first];
  while (waiting.length > 0) {
    const id = waiting.pop();
    if (found.has(id) || isBarrel(id)) continue;
    found.add(id);
    waiting.push(...(context.getModuleInfo(id)?.importedIds ?? []), ...namedFiles(id, mantine));
  }
  return found;
}

export const codeSplitting = {
  // The barrels are dependencies of nearly everything: following them would take all into the first group.
  includeDependenciesRecursively: false,
  groups: [
    {
      name(id, context) {
        shell ??= reached([main], context);
        if (shell.has(id)) return "shell";
        list ??= reached([flags], context);
        if (list.has(id)) return "list";
        soon ??= reached(
          atOnce.map((each) => join(web, each)),
          context,
        );
        return soon.has(id) ? "soon" : null;
      },
    },
  ],
};
