import { Card } from "@/components/Card";
import styles from "./designer.module.css";
import { type Design, missing } from "./model";

/** What is still to be said before it can be saved. */
export function MissingCard({ design }: { design: Design }) {
  const open = missing(design);
  if (open.length === 0) return null;
  return (
    <Card title="Still to do">
      <ul className={styles.missing}>
        {open.map((each) => (
          <li key={each.field + each.text}>{each.text}</li>
        ))}
      </ul>
    </Card>
  );
}
