/** What a page says of its own pace. */
import type { Page } from "@playwright/test";

interface Pace {
  largestPaint: number;
  readonly tasks: number[];
  readonly inputs: number[];
}

declare global {
  interface Window {
    pace?: Pace;
  }
}

/** Begins to look, before the page's first address. */
export async function observe(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const pace: Pace = { largestPaint: 0, tasks: [], inputs: [] };
    window.pace = pace;
    const follow = (type: string, take: (entry: PerformanceEntry) => void, more: object = {}): void =>
      new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...more });
    follow("largest-contentful-paint", (entry) => {
      pace.largestPaint = entry.startTime;
    });
    follow("longtask", (entry) => pace.tasks.push(entry.duration));
    follow("event", (entry) => pace.inputs.push(entry.duration), { durationThreshold: 16 });
  });
}

/** All since the last time; milliseconds. */
export async function seen(page: Page): Promise<{ largestPaint: number; task: number; input: number }> {
  const found = await page.evaluate(() => {
    const { pace } = window;
    if (pace === undefined) return null;
    return { ...pace, tasks: pace.tasks.splice(0), inputs: pace.inputs.splice(0) };
  });
  if (found === null) throw new Error("nobody has observed the page");
  const { largestPaint, tasks, inputs } = found;
  return { largestPaint, task: Math.max(0, ...tasks), input: Math.max(0, ...inputs) };
}
