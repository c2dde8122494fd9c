import { Ranges } from "@/charts/Ranges";
import { Icon, type IconName } from "@/components/Icon";
import type { Outcome, Ruler, Step, Trace } from "../steps";
import classes from "./test.module.css";

interface Props {
  readonly steps: readonly Step[];
  /** In the order that gives variations their colours. */
  readonly variations: readonly string[];
  readonly segments: Readonly<Record<string, unknown>>;
}

const ICONS: Readonly<Record<Outcome, IconName>> = {
  decided: "check",
  passed: "check",
  failed: "close",
  not_reached: "minus",
  problem: "warning",
};
const WORDS: Readonly<Record<Outcome, string>> = {
  decided: "Decided",
  passed: "Passed",
  failed: "Did not match",
  not_reached: "Not reached",
  problem: "Error",
};

/** Each step in the order in which it was taken. */
export function Steps({ steps, variations, segments }: Props) {
  return (
    <ol className={classes.steps} aria-label="Steps">
      {steps.map((step) => (
        <li key={step.key} className={classes.step} data-outcome={step.outcome}>
          <span role="img" aria-label={WORDS[step.outcome]} title={WORDS[step.outcome]}>
            <Icon name={ICONS[step.outcome]} />
          </span>
          <div>
            {step.sentence}
            {step.trace !== null && (
              <ul className={classes.trace}>
                <Traced trace={step.trace} segments={segments} />
              </ul>
            )}
            {step.rulers.map((ruler) => (
              <Ruled key={ruler.label} ruler={ruler} variations={variations} />
            ))}
          </div>
        </li>
      ))}
    </ol>
  );
}

function Traced({ trace, segments }: { readonly trace: Trace; readonly segments: Props["segments"] }) {
  const told = trace.matched === null ? "not needed" : trace.matched ? "matches" : "doesn't match";
  const why = trace.segment === null ? null : because(segments[trace.segment]);
  return (
    <li>
      <div className={classes.part}>
        <span className={classes.mark} aria-hidden>
          {trace.matched === null ? "–" : trace.matched ? "✓" : "✗"}
        </span>
        <span className={trace.matched === null ? classes.dim : ""}>{trace.words}</span>
        {trace.actual !== null && (
          <span className={classes.dim}>
            it is <span className={classes.actual}>{trace.actual}</span>
          </span>
        )}
        <span className={classes.dim}>
          {told}
          {why !== null && `: ${why}`}
        </span>
      </div>
      {trace.parts.length > 0 && (
        <ul className={classes.trace}>
          {trace.parts.map((part, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: parts are known by their place
            <Traced key={index} trace={part} segments={segments} />
          ))}
        </ul>
      )}
    </li>
  );
}

function because(membership: unknown): string | null {
  if (typeof membership !== "object" || membership === null || !("because" in membership)) return null;
  return String(membership.because);
}

function Ruled({ ruler, variations }: { readonly ruler: Ruler; readonly variations: readonly string[] }) {
  const mine = ruler.ranges.find((each) => each.from <= ruler.bucket && ruler.bucket < each.to);
  const bucket = ruler.bucket.toLocaleString("en");
  return (
    <div className={classes.ruler}>
      <Ranges
        label={`${ruler.label}: ${ruler.by} ${ruler.unit} is in bucket ${bucket}, which is ${mine?.name ?? "nobody's"}`}
        ranges={ruler.ranges.map((each, index) => ({
          key: `${each.name} ${each.from}`,
          label: each.name,
          start: each.from,
          end: each.to,
          place: placeOf(variations, each.name, index),
        }))}
        marker={{ bucket: ruler.bucket, label: bucket }}
      />
      <span className={classes.dim}>
        {ruler.label}: by {ruler.by}, {ruler.unit} is in bucket {bucket} of 10,000.
      </span>
    </div>
  );
}

const placeOf = (variations: readonly string[], name: string, index: number): number =>
  variations.includes(name) ? variations.indexOf(name) : index;
