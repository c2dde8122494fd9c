import { useMemo } from "react";
import { differenceOfLines, documentLines } from "@/lib/line-difference";
import classes from "./Diff.module.css";

interface Props {
  readonly before: unknown;
  readonly after: unknown;
  readonly labels?: readonly [string, string];
}

const MARKS = { kept: " ", removed: "−", added: "+" } as const;
const WORDS = { kept: "", removed: "removed: ", added: "added: " } as const;

/** Two documents as JSON, line by line; long stretches without a change are folded. */
export function Diff({ before, after, labels = ["before", "after"] }: Props) {
  const lines = useMemo(() => differenceOfLines(documentLines(before), documentLines(after)), [before, after]);
  if (lines.every((each) => each.kind === "kept")) return <p className={classes.none}>The documents are equal.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section className={classes.diff} tabIndex={0} aria-label={`Difference between ${labels[0]} and ${labels[1]}`}>
      {lines.map((line, index) =>
        line.kind === "folded" ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other identity
          <div key={index} className={classes.folded}>{`… ${line.count} equal lines`}</div>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other identity
          <div key={index} data-kind={line.kind} className={classes.line}>
            <span aria-hidden="true">{MARKS[line.kind]} </span>
            <span className={classes.hidden}>{WORDS[line.kind]}</span>
            {line.text}
          </div>
        ),
      )}
    </section>
  );
}
