import { usePlace } from "@/api/place";
import { environmentColor } from "@/lib/environment-color";
import classes from "./EnvironmentStripe.module.css";

/** The colour of the environment over the whole page: production looks like no other. */
export function EnvironmentStripe() {
  const { environment, environments } = usePlace();
  return (
    <div
      className={classes.stripe}
      style={{ background: environmentColor(environment, environments) }}
      aria-hidden="true"
    />
  );
}
