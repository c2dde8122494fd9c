import { VisuallyHidden } from "@mantine/core";
import type { Column, Selection } from "./DataTable";
import classes from "./DataTable.module.css";
import { Icon } from "./Icon";

interface Props<Row> {
  readonly columns: readonly Column<Row>[];
  readonly sort?: string;
  readonly onSort?: (sort: string) => void;
  readonly selection?: Selection;
  readonly keys?: readonly string[];
}

export function DataTableHead<Row>({ columns, sort = "", onSort, selection, keys = [] }: Props<Row>) {
  const all = keys.length > 0 && keys.every((each) => selection?.selected.has(each));
  return (
    <thead>
      <tr>
        {selection !== undefined && (
          <th scope="col" className={classes.select}>
            <input
              type="checkbox"
              aria-label="Select all"
              checked={all}
              onChange={() => selection.onChange(all ? new Set() : new Set(keys))}
            />
          </th>
        )}
        {columns.map((column) => {
          const by = onSort === undefined ? undefined : column.sort;
          const descending = sort === `-${by}`;
          const sorted = by !== undefined && (sort === by || descending);
          const order = descending ? "descending" : "ascending";
          return (
            <th key={column.id} scope="col" data-align={column.align} aria-sort={sorted ? order : undefined}>
              {column.header === "" ? (
                <VisuallyHidden>Actions</VisuallyHidden>
              ) : by === undefined ? (
                column.header
              ) : (
                <button type="button" className={classes.sort} onClick={() => onSort?.(sort === by ? `-${by}` : by)}>
                  {column.header}
                  <span data-shown={sorted || undefined}>
                    <Icon name={descending ? "down" : "up"} size={14} />
                  </span>
                </button>
              )}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}
