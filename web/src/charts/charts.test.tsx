import { createElement, type ReactNode } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { ChartTable } from "./ChartFrame";
import { Counts } from "./Counts";
import { type IntervalRow, Intervals } from "./Intervals";
import { OverTime } from "./OverTime";
import { Ranges } from "./Ranges";
import { Sparkline } from "./Sparkline";

const percent = (value: number) => `${(100 * value).toFixed(1)}%`;

function drawn(chart: ReactNode): Document {
  return new DOMParser().parseFromString(renderToStaticMarkup(chart), "text/html");
}

function row(more: Partial<IntervalRow>): IntervalRow {
  return {
    key: "purchase",
    label: "Purchase",
    place: 1,
    outcome: "better",
    estimate: 0.04,
    set: { kind: "interval", lower: 0.01, upper: 0.07 },
    better: "right",
    ...more,
  };
}

function intervals(...rows: IntervalRow[]) {
  return drawn(<Intervals label="on is better at Purchase" rows={rows} format={percent} intervalName="95% interval" />);
}

describe("Intervals", () => {
  it("is an image named by its finding", () => {
    const picture = intervals(row({})).querySelector("svg");
    expect(picture?.getAttribute("role")).toBe("img");
    expect(picture?.getAttribute("aria-label")).toBe("on is better at Purchase");
  });

  it("says the outcome by a sign, not by colour alone", () => {
    expect(intervals(row({})).body.textContent).toContain("▲");
    expect(intervals(row({ outcome: "worse" })).body.textContent).toContain("▼");
    expect(intervals(row({ outcome: "unclear" })).body.textContent).toContain("◆");
  });

  it("ends in an arrow exactly where there is no bound", () => {
    const arrows = (set: IntervalRow["set"]) => intervals(row({ set })).querySelectorAll('[data-end="open"]').length;
    expect(arrows({ kind: "interval", lower: 0.01, upper: 0.07 })).toBe(0);
    expect(arrows({ kind: "interval", lower: 0.01, upper: null })).toBe(1);
    expect(arrows({ kind: "complement", excluded: [-0.2, 0.3] })).toBe(2);
    expect(arrows({ kind: "all_reals" })).toBe(2);
    expect(arrows({ kind: "none" })).toBe(0);
  });

  it("cuts one very wide interval with an arrow, so that the others can be read", () => {
    const wide = row({ key: "wide", estimate: 1, set: { kind: "interval", lower: -8, upper: 9 } });
    const page = intervals(row({ key: "a" }), row({ key: "b" }), wide);
    expect(page.querySelectorAll('[data-end="open"]')).toHaveLength(2);
  });

  it("names the better side once, or at each row where they differ", () => {
    expect(intervals(row({})).body.textContent).toContain("better →");
    expect(intervals(row({ better: "left" })).body.textContent).toContain("← better");
    const mixed = intervals(row({ key: "a" }), row({ key: "b", better: "left" })).body.textContent;
    expect(mixed).toContain("(better →)");
    expect(mixed).toContain("(← better)");
  });
});

describe("OverTime", () => {
  it("keeps gaps, and marks a day that stands alone", () => {
    const point = (time: string, estimate: number | null) => ({ time, estimate, lower: estimate, upper: estimate });
    const points = [
      point("1 May", null),
      point("2 May", 0.1),
      point("3 May", null),
      point("4 May", 0.2),
      point("5 May", 0.3),
    ];
    const page = drawn(
      <OverTime
        label="grew"
        series={[{ key: "on", label: "on", place: 1, points }]}
        format={percent}
        intervalName="95%"
      />,
    );
    expect(page.querySelectorAll("circle")).toHaveLength(1);
    expect(page.body.textContent).toContain("on");
  });
});

describe("Counts", () => {
  it("stacks what is known and is of no height without units", () => {
    const page = drawn(
      <Counts
        label="units"
        times={["1 May", "2 May"]}
        timeName="Day (UTC)"
        series={[
          { key: "off", label: "off", place: 0, values: [10, null] },
          { key: "on", label: "on", place: 1, values: [5, 0] },
        ]}
        format={String}
      />,
    );
    const heights = [...page.querySelectorAll("rect")].slice(2).map((each) => Number(each.getAttribute("height")));
    expect(heights[0]).toBeGreaterThan(heights[1] ?? 0);
    expect(heights.slice(2)).toEqual([0, 0]);
  });
});

describe("Ranges", () => {
  it("draws each range in its share of the ruler", () => {
    const page = drawn(
      <Ranges
        label="layer"
        ranges={[
          { key: "a", label: "a", start: 0, end: 2500, place: 1 },
          { key: "free", label: "free", start: 2500, end: 10_000, place: null },
        ]}
        marker={{ bucket: 1234, label: "u1" }}
      />,
    );
    const widths = [...page.querySelectorAll("rect")].map((each) => Number(each.getAttribute("width")));
    expect(widths).toEqual([159, 479]);
    expect(page.body.textContent).toContain("u1");
  });
});

describe("Sparkline", () => {
  it("draws a line of zeros at the bottom", () => {
    const path = drawn(<Sparkline label="nothing" values={[0, 0, 0]} height={24} />).querySelector("path");
    expect(path?.getAttribute("d")).toBe("M1.0,22.0L48.0,22.0L95.0,22.0");
  });
});

describe("ChartTable", () => {
  it("has a head, and each row's name as its heading", () => {
    const table = { caption: "units", columns: ["Day", "on"], rows: [{ key: "1", cells: ["1 May", "3"] }] };
    const page = drawn(createElement(ChartTable, { table }));
    expect(page.querySelector("th[scope=row]")?.textContent).toBe("1 May");
    expect(page.querySelector("td")?.textContent).toBe("3");
  });
});
