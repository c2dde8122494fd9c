// Where the services are: VERDICT_ORIGIN, or what the file of a running stack says.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The address book of the stack in VERDICT_STACK, or of `make up`. */
export function stack() {
  const file = process.env.VERDICT_STACK ?? join(repository, "build", "devstack.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
}

/** Vite's proxy: one origin in development, too. */
export function proxy() {
  const book = stack();
  const origin = process.env.VERDICT_ORIGIN ?? book.origin;
  const to = (target, prefix) => ({
    target,
    changeOrigin: true,
    // The browser's origin is Vite's, which the control plane does not know.
    headers: { origin: new URL(target).origin },
    ...(prefix === undefined ? {} : { rewrite: (path) => path.slice(prefix.length) }),
  });
  const control = origin ?? book.control_plane ?? "http://127.0.0.1:8000";
  const service = (prefix, address) => (origin === undefined ? to(address, prefix) : to(origin));
  return {
    "/api": to(control),
    "/.well-known": to(control),
    "/analytics": service("/analytics", book.analytics ?? "http://127.0.0.1:8003"),
    "/events": service("/events", book.ingestor ?? "http://127.0.0.1:8002"),
    "/edge": service("/edge", book.edge ?? "http://127.0.0.1:8001"),
  };
}
