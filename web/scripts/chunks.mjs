// How the build is cut: what the first view needs is one file, what many pages share another, each page its own.
// Many small files would cost a round trip each.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const main = join(web, "src", "app", "main.tsx");
const list = join(web, "src", "features", "flags", "pages", "FlagsPage.tsx");
const core = join(web, "node_modules", "@mantine", "core", "esm");
const SHARED_BY_PAGES = 5;
/** Modules that only hand on others: through them everything would look as if the first view needed it. */
const isBarrel = (id) => id === join(core, "index.mjs") || /\/zod\/v4\/core\/index\.js$/.test(id);
let shell = null;
let listed = null;

/** Where each name of Mantine's barrel comes from. */
function mantineFiles() {
  const text = readFileSync(join(core, "index.mjs"), "utf8");
  const found = new Map();
  for (const [, names, from] of text.matchAll(/import \{([^}]+)\} from "(\.[^"]+)"/g)) {
    for (const name of names.split(",")) found.set(name.split(" as ").at(-1).trim(), join(core, from));
  }
  return found;
}

/** What a file of ours takes from the barrels. */
function namedFiles(id, mantine) {
  if (!id.startsWith(join(web, "src"))) return [];
  const text = readFileSync(id.split("?")[0], "utf8");
  const named = [...text.matchAll(/import \{([^}]+)\} from "@mantine\/core"/g)].flatMap(([, names]) =>
    names.split(",").map((name) => mantine.get(name.trim())),
  );
  const settings = text.includes('from "zod/v4/core"') ? [join(web, "node_modules/zod/v4/core/core.js")] : [];
  return [...named.filter((each) => each !== undefined), ...settings];
}

/** Modules that one imports without waiting for them. */
function reached(first, context) {
  const mantine = mantineFiles();
  const found = new Set();
  const waiting = [first];
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
      priority: 2,
      name(id, context) {
        shell ??= reached(main, context);
        return shell.has(id) ? "shell" : null;
      },
    },
    {
      // Nearly every page has a list such as that of the flags.
      priority: 1,
      name(id, context) {
        listed ??= reached(list, context);
        return listed.has(id) ? "list" : null;
      },
    },
    {
      priority: 0,
      name: "common",
      minShareCount: SHARED_BY_PAGES,
      test: (id) => !/codemirror|lezer/.test(id),
    },
  ],
};
