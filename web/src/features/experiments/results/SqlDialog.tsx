import { Modal, Stack } from "@mantine/core";
import { QueryView } from "@/components/QueryView";
import { type Asked, type ExplainedQuery, useExplanation } from "./queries";
import styles from "./results.module.css";

interface Props {
  asked: Asked;
  opened: boolean;
  onClose: () => void;
}

/** Every query that was asked for these results, with its parameters and what it answered. */
export function SqlDialog({ asked, opened, onClose }: Props) {
  const explanation = useExplanation(asked, opened);
  return (
    <Modal opened={opened} onClose={onClose} title="Queries behind these results" size="xl">
      <QueryView query={explanation} part>
        {(queries: readonly ExplainedQuery[]) => (
          <Stack gap="md">
            {queries.map((each, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a query may be asked twice, and their order stays
              <section key={at} aria-label={each.query}>
                <h3 className={styles.small}>{each.query.replaceAll("_", " ")}</h3>
                {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
                <pre className={styles.sql} tabIndex={0}>
                  {each.sql}
                </pre>
                <details className={styles.details}>
                  <summary>Parameters and answer</summary>
                  {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
                  <pre className={styles.sql} tabIndex={0}>
                    {JSON.stringify({ parameters: each.parameters, rows: each.rows.slice(0, ROWS_SHOWN) }, null, 2)}
                  </pre>
                  {each.rows.length > ROWS_SHOWN && (
                    <p className={styles.hint}>
                      The first {ROWS_SHOWN} of {each.rows.length} rows.
                    </p>
                  )}
                </details>
              </section>
            ))}
          </Stack>
        )}
      </QueryView>
    </Modal>
  );
}

const ROWS_SHOWN = 50;
