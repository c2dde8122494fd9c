import { usePlace } from "@/api/place";
import { Card } from "@/components/Card";
import { QueryView } from "@/components/QueryView";
import { EntityTools } from "./EntityTools";
import styles from "./layers.module.css";
import { type Kind, useArchived } from "./queries";

/** Layers or holdouts that were put out of use, each with its way back. Nothing where there are none. */
export function Archived({ kind }: { readonly kind: Kind }) {
  const { project } = usePlace();
  const query = useArchived(kind, project.key);
  if (query.isPending || query.data?.length === 0) return null;
  return (
    <div className={styles.below}>
      <Card title={`Archived ${kind}s`} subtitle="No new experiment can name them.">
        <QueryView query={query} part>
          {(archived) => (
            <ul className={styles.archived}>
              {archived.map((each) => (
                <li key={each.key}>
                  <span>
                    <strong>{each.name}</strong> {each.description}
                  </span>
                  <EntityTools kind={kind} entity={each} />
                </li>
              ))}
            </ul>
          )}
        </QueryView>
      </Card>
    </div>
  );
}
