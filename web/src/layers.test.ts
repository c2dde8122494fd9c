import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname);
const OPEN_API = new Set(["api/problem", "api/rights", "api/place"]);

interface Import {
  readonly target: string;
  readonly isType: boolean;
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name) && !name.includes("generated"))
    .map((name) => relative(root, join(folder, name)));
}

/** Our own modules that a file names, as paths below src; in `import`, `export from` and `import()`. */
function imports(file: string, text: string): Import[] {
  const found = text.matchAll(
    /(?:^|\n)\s*(import|export)\s+(type\s)?[^;"']*?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g,
  );
  return [...found].flatMap(([, , type, named, dynamic]) => {
    const from = named ?? dynamic ?? "";
    const target = from.startsWith("@/")
      ? from.slice(2)
      : from.startsWith(".")
        ? relative(root, resolve(root, file, "..", from))
        : null;
    return target === null ? [] : [{ target, isType: type !== undefined }];
  });
}

/** What is wrong with it; null where the layers hold. */
function fault(file: string, { target, isType }: Import): string | null {
  const [layer = "", feature = ""] = file.split("/");
  const [to = "", toFeature = ""] = target.split("/");
  if (layer === "app" || !target.includes("/")) return null;
  if (to === "assets") return null;
  if (to === "app") return "nothing but the app imports the app";
  if (to === "api") {
    if (layer === "api" || isType || OPEN_API.has(target))
      return layer === "lib" || layer === "charts" ? "the API is above it" : null;
    return /(^|\/)queries\.ts$/.test(file) ? null : "only queries.ts calls the API";
  }
  if (to === "features") {
    return layer === "features" && feature === toFeature
      ? null
      : "features are imported by themselves and the app alone";
  }
  const below: Readonly<Record<string, readonly string[]>> = {
    features: ["components", "charts", "lib"],
    components: ["components", "charts", "lib"],
    charts: ["charts", "lib", "components"],
    api: ["lib"],
    lib: ["lib"],
  };
  return below[layer]?.includes(to) ? null : `${layer} does not import ${to}`;
}

describe("layers", () => {
  test("each file imports what is below it", () => {
    const faults = files(root).flatMap((file) =>
      imports(file, readFileSync(join(root, file), "utf8")).flatMap((each) => {
        const wrong = fault(file, each);
        return wrong === null ? [] : [`${file} -> ${each.target}: ${wrong}`];
      }),
    );
    expect(faults).toEqual([]);
  });

  test.each([
    ["features/flags/pages/FlagsPage.tsx", 'import { x } from "@/features/segments/model";'],
    ["features/flags/pages/FlagsPage.tsx", 'import { controlPlane } from "@/api/clients";'],
    ["components/Empty.tsx", 'import { x } from "@/features/flags/model";'],
    ["lib/url.ts", 'import { Empty } from "@/components/Empty";'],
    ["features/flags/model.ts", 'const page = () => import("../../app/routes");'],
  ])("%s may not: %s", (file, text) => {
    const [found] = imports(file, text);
    expect(found && fault(file, found)).toBeTruthy();
  });

  test("queries call the API, and a type of it may be named anywhere in a feature", () => {
    const call = imports("features/flags/queries.ts", 'import { controlPlane } from "@/api/clients";')[0];
    const type = imports(
      "features/flags/model.ts",
      'import type { components } from "@/api/generated/control-plane";',
    )[0];
    expect([call && fault("features/flags/queries.ts", call), type && fault("features/flags/model.ts", type)]).toEqual([
      null,
      null,
    ]);
  });
});
