import { Icon } from "@/components/Icon";
import classes from "./Condition.module.css";
import { useEditing } from "./context";

const ENDS = ["", ".attribute", ".operator", ".value", ".segment"];

/** What stands at a condition that hardly means what was meant; it may be saved all the same. */
export function Hints({ path }: { path: string }) {
  const { hints } = useEditing();
  const mine = hints.filter((hint) =>
    ENDS.some((end) => hint.path === path + end || hint.path === `${path}.not${end}`),
  );
  return mine.map((hint) => (
    <div key={hint.path + hint.code} className={classes.hint} role="note">
      <Icon name="warning" />
      <span>{hint.text}</span>
    </div>
  ));
}
