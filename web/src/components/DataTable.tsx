import { Button } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, type MouseEvent, type ReactNode, useCallback, useId, useRef, useState } from "react";
import { count } from "@/lib/format";
import { inEnvironment, placeOf, useParams } from "@/lib/url";
import { DataRow } from "./DataRow";
import classes from "./DataTable.module.css";
import { DataTableHead } from "./DataTableHead";
import { useRowWindow } from "./use-row-window";

export interface Column<Row> {
  readonly id: string;
  readonly header: ReactNode;
  readonly cell: (row: Row) => ReactNode;
  /** The API's name of this sort; without it the column is not sorted by. */
  readonly sort?: string;
  readonly align?: "left" | "right" | "center";
  /** CSS, such as "120px" or "30%". */
  readonly width?: string;
}

export interface Selection {
  readonly selected: ReadonlySet<string>;
  readonly onChange: (selected: ReadonlySet<string>) => void;
}

interface Props<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly columns: readonly Column<Row>[];
  /** Where a row leads: a path of `pagePath`. The first column is its link. */
  readonly href?: (row: Row) => string;
  /** "name", or "-name" for the largest first. */
  readonly sort?: string;
  readonly onSort?: (sort: string) => void;
  /** There are further pages. */
  readonly more?: { readonly loading: boolean; readonly load: () => void } | null;
  /** Of all pages. */
  readonly total?: number | null;
  readonly empty: ReactNode;
  readonly selection?: Selection;
  /** Few short columns: they stand beside each other as long as the nearest place with a width of its own is wide. */
  readonly narrow?: boolean;
}

/** A table whose rows are reached by arrows and opened by Enter. Long ones draw what is in view; on a narrow screen the
 * rows are cards. */
export function DataTable<Row>(props: Props<Row>) {
  const { label, rows, rowKey, columns, href, sort, onSort, more, total, empty, selection, narrow } = props;
  const { environment } = useParams();
  const navigate = useNavigate();
  const body = useRef<HTMLTableSectionElement>(null);
  const [active, setActive] = useState(0);
  const window = useRowWindow(rows.length, body);
  const caption = useId();
  const current = useRef({ rows, selection, rowKey });
  current.current = { rows, selection, rowKey };

  const toggle = useCallback((key: string) => {
    const held = current.current.selection;
    if (held === undefined) return;
    const next = new Set(held.selected);
    if (!next.delete(key)) next.add(key);
    held.onChange(next);
  }, []);

  const focusRow = (index: number) => {
    const next = Math.min(Math.max(index, 0), rows.length - 1);
    setActive(next);
    window.focus(next);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (!(event.target instanceof HTMLElement) || event.target.dataset.index === undefined) return;
    const at = Number(event.target.dataset.index);
    const row = rows[at];
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: rows.length - 1,
      PageDown: at + 10,
      PageUp: at - 10,
    };
    const next = steps[event.key];
    if (next !== undefined) focusRow(next);
    else if (event.key === "Enter" && href !== undefined && row !== undefined) go(href(row));
    else if (event.key === " " && selection !== undefined && row !== undefined) toggle(rowKey(row));
    else return;
    event.preventDefault();
  };

  const go = (address: string) => {
    const { to, search } = placeOf(address);
    void navigate({ to, search: search as never });
  };

  /** Rows are plain elements; their links are followed here, unless somebody wants another tab. */
  const onClick = (event: MouseEvent<HTMLElement>) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    if (!(event.target instanceof Element)) return;
    const link = event.target.closest("a[data-row-link]");
    if (link !== null) {
      event.preventDefault();
      go(link.getAttribute("href") ?? "");
      return;
    }
    const text = document.getSelection();
    if (event.target.closest("a, button, input, select, label, [role=switch]") !== null || text?.type === "Range")
      return;
    const row = rows[Number(event.target.closest<HTMLElement>("[data-index]")?.dataset.index ?? Number.NaN)];
    if (row !== undefined && href !== undefined) go(href(row));
  };

  if (rows.length === 0 && !more?.loading) return <>{empty}</>;
  return (
    <div className={classes.frame} data-narrow={narrow || undefined}>
      <table className={classes.table} aria-labelledby={caption} aria-rowcount={total ?? rows.length}>
        <caption id={caption} className={classes.caption}>
          {label}
        </caption>
        <colgroup>
          {selection !== undefined && <col className={classes.select} />}
          {columns.map((each) => (
            <col key={each.id} style={each.width === undefined ? undefined : { width: each.width }} />
          ))}
        </colgroup>
        <DataTableHead
          columns={columns}
          {...(sort === undefined ? {} : { sort })}
          {...(onSort === undefined ? {} : { onSort })}
          {...(selection === undefined ? {} : { selection, keys: rows.map(rowKey) })}
        />
        <tbody ref={body} onKeyDown={onKeyDown} onClick={onClick}>
          {window.before > 0 && <Spacer height={window.before} />}
          {window.indices.map((index) => {
            const row = rows[index];
            if (row === undefined) return null;
            const key = rowKey(row);
            return (
              <DataRow
                key={key}
                row={row}
                rowKey={key}
                index={index}
                columns={columns}
                href={href === undefined ? undefined : inEnvironment(href(row), environment)}
                focusable={index === Math.min(active, rows.length - 1)}
                selected={selection?.selected.has(key)}
                onToggle={selection === undefined ? undefined : toggle}
                measure={window.measure}
              />
            );
          })}
          {window.after > 0 && <Spacer height={window.after} />}
        </tbody>
      </table>
      <div className={classes.foot}>
        {total !== undefined && total !== null && total > rows.length && (
          <span>
            {count(rows.length)} of {count(total)}
          </span>
        )}
        {more !== undefined && more !== null && (
          <Button variant="default" size="xs" loading={more.loading} onClick={more.load}>
            Show more
          </Button>
        )}
      </div>
    </div>
  );
}

function Spacer({ height }: { readonly height: number }) {
  return (
    <tr className={classes.spacer}>
      <td style={{ height }} />
    </tr>
  );
}
