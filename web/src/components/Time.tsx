import { ABSENT, absoluteTime, relativeTime } from "@/lib/format";
import { useNow } from "@/lib/now";
import classes from "./Time.module.css";

/** How long ago or until; the moment itself, in the person's zone, on focus and under the pointer. */
export function Time({ at }: { readonly at: string | null | undefined }) {
  const now = useNow();
  if (at === null || at === undefined) return <span>{ABSENT}</span>;
  const moment = absoluteTime(at);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the moment itself is shown on focus
    <time dateTime={at} className={classes.time} data-moment={moment} title={moment} tabIndex={0}>
      {relativeTime(at, now)}
    </time>
  );
}
