import { Anchor, Button } from "@mantine/core";
import { type Problem, sentence } from "@/api/problem";
import { plural } from "@/lib/format";
import { useKeys } from "@/lib/keyboard";
import { saidByForm } from "./refusals/fields";
import classes from "./SaveBar.module.css";

/** Of the bar, to lead the focus there. */
export const UNSAVED = "unsaved-changes";

interface Props {
  /** How many there are, or what they are in words; none hides the bar. */
  readonly changes: number | readonly string[];
  readonly problem?: Problem | null;
  readonly onReview: () => void;
  readonly onDiscard: () => void;
  readonly label?: string;
  /** The id of what has to be settled before anything can be saved; null where nothing has. */
  readonly settleFirst?: string | null;
}

/** The one place where a page is saved. It stands at the foot as long as something is unsaved. */
export function SaveBar({
  changes,
  problem = null,
  onReview,
  onDiscard,
  label = "Review and save",
  settleFirst = null,
}: Props) {
  const number = typeof changes === "number" ? changes : changes.length;
  const settle = () => document.getElementById(settleFirst ?? "")?.focus();
  const review = settleFirst === null ? onReview : settle;
  useKeys({ "mod+s": review }, number > 0);
  if (number === 0) return null;
  return (
    <section id={UNSAVED} tabIndex={-1} className={classes.bar} aria-label="Unsaved changes">
      <div className={classes.words}>
        <strong>{plural(number, "unsaved change")}</strong>
        {typeof changes !== "number" && <span className={classes.detail}>{changes.join(" · ")}</span>}
        {settleFirst !== null && (
          <span className={classes.problem}>
            This was changed while you edited it.{" "}
            <Anchor component="button" type="button" size="sm" onClick={settle}>
              Look at it first
            </Anchor>
          </span>
        )}
        {settleFirst === null && problem !== null && !saidByForm(problem) && (
          <span className={classes.problem} role="alert">
            {sentence(problem)}
          </span>
        )}
      </div>
      <div className={classes.actions}>
        <Button variant="default" onClick={onDiscard}>
          Discard
        </Button>
        <Button onClick={review} {...(settleFirst === null ? {} : { "aria-disabled": true, "data-disabled": true })}>
          {label}
        </Button>
      </div>
    </section>
  );
}
