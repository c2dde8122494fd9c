// Writes .br and .gz beside what compresses, so that no request waits for it.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const assets = join(web, "dist", "assets");
for (const name of readdirSync(assets)) {
  if (!/\.(js|css|svg)$/.test(name)) continue;
  const bytes = readFileSync(join(assets, name));
  writeFileSync(join(assets, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  const size = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  writeFileSync(join(assets, `${name}.br`), brotliCompressSync(bytes, { params: size }));
}

// Whoever weighs the build reads which file needs which; no browser does.
const build = join(dirname(web), "build");
mkdirSync(build, { recursive: true });
renameSync(join(web, "dist", ".vite", "manifest.json"), join(build, "web-manifest.json"));
rmSync(join(web, "dist", ".vite"), { recursive: true });
