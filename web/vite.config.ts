import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { codeSplitting } from "./scripts/chunks.mjs";
import { proxy } from "./scripts/origin.mjs";
import { preloads } from "./scripts/preloads.mjs";

export default defineConfig({
  plugins: [react(), preloads],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { proxy: proxy(), strictPort: false },
  build: {
    target: "es2022",
    // The content security policy takes no data: scripts and styles, and no inline module preload.
    assetsInlineLimit: 0,
    manifest: true,
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting } },
    sourcemap: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"], setupFiles: ["src/test-setup.ts"] },
});
