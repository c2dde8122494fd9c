import { memo } from "react";
import classes from "./Switch.module.css";

interface Props {
  readonly checked: boolean;
  /** What it switches: "new-checkout in production". */
  readonly label: string;
  readonly onChange: (checked: boolean) => void;
  /** Why it can't be switched; it stays focusable and says so. */
  readonly reason?: string;
  /** A write is under way. */
  readonly busy?: boolean;
}

/** On or off, saved at once. A plain element: lists have hundreds. */
export const Switch = memo(function Switch({ checked, label, onChange, reason = "", busy = false }: Props) {
  return (
    <button
      type="button"
      role="switch"
      className={classes.switch}
      aria-checked={checked}
      aria-label={label}
      aria-disabled={reason !== "" || undefined}
      aria-busy={busy || undefined}
      title={reason || undefined}
      onClick={(event) => {
        event.stopPropagation();
        if (reason === "" && !busy) onChange(!checked);
      }}
    >
      <span className={classes.thumb} />
    </button>
  );
});
