import { act } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Problem, problemOf, unreachable } from "@/api/problem";
import { QueryView, type Shown } from "./QueryView";
import StillWaiting from "./StillWaiting";
import { render, takeAway, text } from "./testing";

beforeEach(() => vi.useFakeTimers({ shouldAdvanceTime: true }));
afterEach(() => {
  takeAway();
  vi.useRealTimers();
});

const WAITING: Shown<string> = {
  data: undefined,
  isPending: true,
  isError: false,
  error: null,
  dataUpdatedAt: 0,
  refetch: () => undefined,
};

const busy = (path: string, status: number, seconds: number | null): Problem => {
  const headers = seconds === null ? {} : { "Retry-After": String(seconds) };
  const response = new Response(null, { status, headers });
  Object.defineProperty(response, "url", { value: `https://flags.example.com${path}` });
  return problemOf(response, { title: "Busy", code: "busy", detail: "too many queries" });
};

test("who waits for long is told why, and that it is asked again", async () => {
  await render(
    <QueryView query={{ ...WAITING, failureReason: busy("/analytics/v1/results", 503, 2) }}>
      {(data) => data}
    </QueryView>,
  );
  await act(() => vi.advanceTimersByTimeAsync(2_900));
  expect(document.querySelector("[aria-busy=true]")).not.toBeNull();
  expect(document.querySelector("[role=status]")).toBeNull();
  await act(() => vi.advanceTimersByTimeAsync(200));
  await vi.waitFor(() => expect(text()).toContain("Analytics is busy; it is asked again by itself within 2 s."));
});

test.each([
  ["has no answer yet", null, "This takes longer than usual; it is still waited for."],
  ["asked too fast", busy("/analytics/v1/x", 429, 5), "Analytics is busy; it is asked again by itself within 5 s."],
  ["is told no time", busy("/events/v1/x", 503, null), "The ingestor is busy; it is asked again by itself."],
  [
    "stands before a gateway",
    busy("/api/v1/x", 504, null),
    "The control plane does not answer; it is asked again by itself.",
  ],
  ["is not connected", unreachable("edge"), "The edge does not answer; it is asked again by itself."],
])("who %s", async (_, reason, words) => {
  await render(<StillWaiting reason={reason} />);
  expect(document.querySelector("[role=status]")?.textContent).toBe(words);
});
