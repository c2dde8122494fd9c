import { Card } from "@/components/Card";
import { Time } from "@/components/Time";
import { plural } from "@/lib/format";
import type { Result } from "./queries";
import styles from "./results.module.css";

/** Changes of who gets what that were made while it ran. They exclude nothing. */
export function Disturbances({ found }: { found: Result["disturbances"] }) {
  if (found.total === 0) return null;
  return (
    <Card
      title="Changes while it ran"
      subtitle={`${plural(found.total, "change")}; nothing was left out because of ${found.total === 1 ? "it" : "them"}.`}
    >
      <ul className={styles.lines}>
        {found.marks.map((mark) => (
          <li key={`${mark.at} ${mark.entity} ${mark.key}`}>
            <Time at={mark.at} /> {mark.entity.replaceAll("_", " ")} <code>{mark.key}</code>,{" "}
            {mark.cause.replaceAll("_", " ")}
            {mark.reason !== null && <>: {mark.reason}</>}
            {mark.effects.map((effect) => (
              <p key={effect.kind} className={styles.hint}>
                {effect.kind.replaceAll("_", " ")}:{" "}
                {effect.path.map((hop) => `${hop.entity.replaceAll("_", " ")} ${hop.key}`).join(" → ")}
              </p>
            ))}
          </li>
        ))}
      </ul>
    </Card>
  );
}
