import { afterEach, expect, test, vi } from "vitest";
import { readinessOf, SERVICES } from "./readiness";

afterEach(() => vi.unstubAllGlobals());

const answered = (status: number, body: unknown) => () =>
  Promise.resolve(new Response(typeof body === "string" ? body : JSON.stringify(body), { status }));

test.each([
  ["ready", answered(200, { status: "ok", checks: { bus: "ok" } }), "ready", { bus: "ok" }],
  [
    "draining",
    answered(503, { status: "failing", checks: { bus: "no connection" } }),
    "not_ready",
    { bus: "no connection" },
  ],
  ["on another port", answered(404, { status: 404, code: "not_found" }), "answers", {}],
  ["gone behind the front", answered(502, { status: 502 }), "away", {}],
  ["gone behind a page", answered(503, "<html>"), "away", {}],
  ["unreachable", () => Promise.reject(new TypeError("Failed to fetch")), "away", {}],
] as const)("a service that is %s", async (_, fetched, state, checks) => {
  vi.stubGlobal("fetch", vi.fn(fetched));
  expect(await readinessOf(SERVICES[1], new AbortController().signal)).toEqual({ state, checks });
  expect(fetch).toHaveBeenCalledWith("/analytics/readyz", expect.anything());
});
