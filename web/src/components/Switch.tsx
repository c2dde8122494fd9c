import { Tooltip } from "@mantine/core";
import { memo, useRef, useState } from "react";
import type { Right } from "@/api/rights";
import { WhyNot } from "./rights/WhyNot";
import classes from "./Switch.module.css";

interface Props {
  readonly checked: boolean;
  /** What it switches: "new-checkout in production". */
  readonly label: string;
  readonly onChange: (checked: boolean) => void;
  /** Why it can't be switched; it stays focusable and says so. */
  readonly reason?: string;
  /** The right that one lacks for it, in `environment`. */
  readonly lacks?: Right | undefined;
  readonly environment?: string;
  /** A write is under way. */
  readonly busy?: boolean;
}

/** On or off, saved at once. A plain element: lists have hundreds. */
export const Switch = memo(function Switch({
  checked,
  label,
  onChange,
  reason = "",
  lacks,
  environment,
  busy = false,
}: Props) {
  const refused = reason !== "" || lacks !== undefined;
  const button = useRef<HTMLButtonElement>(null);
  const [asked, setAsked] = useState(false);
  const ask = lacks === undefined ? {} : whileNear(setAsked);
  return (
    <>
      <button
        ref={button}
        type="button"
        role="switch"
        className={classes.switch}
        aria-checked={checked}
        aria-label={label}
        aria-disabled={refused || undefined}
        aria-description={lacks === undefined ? undefined : `Needs ${lacks}`}
        aria-busy={busy || undefined}
        title={reason || undefined}
        onClick={(event) => {
          event.stopPropagation();
          if (!refused && !busy) onChange(!checked);
        }}
        {...ask}
      >
        <span className={classes.thumb} />
      </button>
      {asked && lacks !== undefined && (
        <Tooltip opened target={button} label={<WhyNot right={lacks} environment={environment} />} />
      )}
    </>
  );
});

/** The reason is looked up, and its tooltip made, for the one switch that somebody is at: lists have hundreds. */
function whileNear(set: (near: boolean) => void) {
  return {
    onPointerEnter: () => set(true),
    onPointerLeave: () => set(false),
    onFocus: () => set(true),
    onBlur: () => set(false),
  };
}
