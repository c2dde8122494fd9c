import { Button } from "@mantine/core";
import { type Problem, sentence } from "@/api/problem";
import { plural } from "@/lib/format";
import { useKeys } from "@/lib/keyboard";
import classes from "./SaveBar.module.css";

interface Props {
  /** How many there are, or what they are in words; none hides the bar. */
  readonly changes: number | readonly string[];
  readonly problem?: Problem | null;
  readonly onReview: () => void;
  readonly onDiscard: () => void;
  readonly label?: string;
}

/** The one place where a page is saved. It stands at the foot as long as something is unsaved. */
export function SaveBar({ changes, problem = null, onReview, onDiscard, label = "Review and save" }: Props) {
  const number = typeof changes === "number" ? changes : changes.length;
  useKeys({ "mod+s": onReview }, number > 0);
  if (number === 0) return null;
  return (
    <section className={classes.bar} aria-label="Unsaved changes">
      <div className={classes.words}>
        <strong>{plural(number, "unsaved change")}</strong>
        {typeof changes !== "number" && <span className={classes.detail}>{changes.join(" · ")}</span>}
        {problem !== null && (
          <span className={classes.problem} role="alert">
            {sentence(problem)}
          </span>
        )}
      </div>
      <div className={classes.actions}>
        <Button variant="default" onClick={onDiscard}>
          Discard
        </Button>
        <Button onClick={onReview}>{label}</Button>
      </div>
    </section>
  );
}
