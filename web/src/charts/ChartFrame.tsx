import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import styles from "./ChartFrame.module.css";

export interface TableOf {
  caption: string;
  columns: readonly string[];
  rows: readonly { key: string; cells: readonly string[] }[];
}

interface Props {
  /** The finding in words: what somebody is told who doesn't see the picture. */
  label: string;
  table: TableOf;
  height: number;
  children: (width: number) => ReactNode;
}

const WIDTH_BEFORE_MEASURED = 640;

/** A picture of the width that there is, and the same numbers as a table. */
export function ChartFrame({ label, table, height, children }: Props) {
  const [asTable, setAsTable] = useState(false);
  const { ref, width } = useWidth();
  const tableId = useId();
  return (
    <figure className={styles.figure}>
      <div ref={ref} className={styles.picture}>
        {!asTable && (
          <svg role="img" aria-label={label} width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
            {children(width)}
          </svg>
        )}
        {asTable && <ChartTable id={tableId} table={table} />}
      </div>
      <button
        type="button"
        className={styles.switch}
        aria-expanded={asTable}
        aria-controls={tableId}
        onClick={() => setAsTable(!asTable)}
      >
        {asTable ? "Show as picture" : "Show as table"}
      </button>
    </figure>
  );
}

export function ChartTable({ id, table }: { id?: string; table: TableOf }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached by keyboard
    <section className={styles.scroll} id={id} tabIndex={0} aria-label={table.caption}>
      <table className={styles.table}>
        <caption>{table.caption}</caption>
        <thead>
          <tr>
            {table.columns.map((each) => (
              <th key={each} scope="col">
                {each}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row) => (
            <tr key={row.key}>
              {row.cells.map((cell, at) =>
                at === 0 ? (
                  <th key={table.columns[at]} scope="row">
                    {cell}
                  </th>
                ) : (
                  <td key={table.columns[at]}>{cell}</td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function useWidth() {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(WIDTH_BEFORE_MEASURED);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => {
      const measured = Math.floor(entry?.contentRect.width ?? 0);
      if (measured > 0) setWidth(measured);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}
