// npm run budgets: what each page makes a browser load, packed, from the build's own manifest. `--list` tells all of them.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const KILO = 1000;
const BUDGETS = { entry: 170, flags: 240, further: 80, editor: 145, css: 40, requests: 12 };
/** The list of flags, with what it needs: chunks.mjs. */
const FLAGS = "list";
const EDITOR = "src/components/JsonEditorInside.tsx";
/** What both read by themselves, a moment after they stand. */
const SOON = "soon";

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(web, "dist");
const manifest = JSON.parse(readFileSync(join(dirname(web), "build", "web-manifest.json"), "utf8"));
const sizes = new Map();

/** Packed, in kB. */
function size(file) {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(join(dist, file)), { level: 9 }).length / KILO);
  return sizes.get(file);
}

/** The files that come with a module, with all that it imports without waiting. */
function filesOf(key, found = { js: new Set(), css: new Set() }) {
  const chunk = manifest[key];
  if (chunk === undefined) throw new Error(`the build has no ${key}`);
  if (found.js.has(chunk.file)) return found;
  found.js.add(chunk.file);
  for (const each of chunk.css ?? []) found.css.add(each);
  for (const each of chunk.imports ?? []) filesOf(each, found);
  return found;
}

const sum = (files) => [...files].reduce((total, each) => total + size(each), 0);
const beyond = (files, ...loaded) => [...files].filter((file) => !loaded.some((each) => each.has(file)));
const named = (name) =>
  Object.keys(manifest).find((key) => manifest[key].name === name && manifest[key].file.endsWith(".js"));
const pages = Object.keys(manifest).filter((key) => /^src\/(features\/[^/]+\/pages|app)\/\w+Page\.tsx$/.test(key));

const scripts = [...readFileSync(join(dist, "index.html"), "utf8").matchAll(/ src="\/(assets\/[^"]+\.js)"/g)].map(
  ([, file]) => file,
);
const entry = { js: new Set(), css: new Set() };
for (const [key, { file }] of Object.entries(manifest)) if (scripts.includes(file)) filesOf(key, entry);
const flags = filesOf(named(FLAGS));
const soon = filesOf(named(SOON));
const loaded = { js: new Set([...entry.js, ...flags.js, ...soon.js]) };
const editor = filesOf(EDITOR);
const further = pages
  .map((key) => ({ name: key.replace(/^src\//, ""), files: beyond(filesOf(key).js, loaded.js) }))
  .map(({ name, files }) => ({ name, files, value: sum(files) }))
  .sort((one, other) => other.value - one.value);
const first = new Set([entry, flags, soon].flatMap(({ js, css }) => [...js, ...css]));

const held = [
  { name: "entry", value: sum(entry.js), limit: BUDGETS.entry, unit: "kB", files: [...entry.js] },
  {
    name: "entry and flag list",
    value: sum(new Set([...entry.js, ...flags.js])),
    limit: BUDGETS.flags,
    unit: "kB",
    files: beyond(flags.js, entry.js),
  },
  { name: "editor of JSON", value: sum(beyond(editor.js, loaded.js)), limit: BUDGETS.editor, unit: "kB", files: [] },
  { name: "styles of the first view", value: sum(entry.css), limit: BUDGETS.css, unit: "kB", files: [] },
  { name: "files of the first view", value: first.size + 1, limit: BUDGETS.requests, unit: "", files: [...first] },
  ...further.map((each) => ({ ...each, limit: BUDGETS.further, unit: "kB" })),
];

const all = process.argv.includes("--list");
const over = held.filter(({ value, limit }) => value > limit);
for (const { name, value, limit, unit, files } of all ? held : [...held.slice(0, 5), held[5], ...over].filter(once)) {
  console.log(`${value > limit ? "OVER" : "  ok"} ${value.toFixed(1).padStart(7)} of ${limit} ${unit}  ${name}`);
  if (all || value > limit)
    for (const each of files) console.log(`        ${size(each).toFixed(1).padStart(7)}  ${each}`);
}
if (over.length > 0) process.exit(1);

function once(each, at, all) {
  return all.indexOf(each) === at;
}
