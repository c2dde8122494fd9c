import { Fragment, isValidElement, type JSX, memo, type ReactNode } from "react";
import type { Column } from "./DataTable";
import classes from "./DataTable.module.css";

interface Props<Row> {
  readonly row: Row;
  readonly rowKey: string;
  readonly index: number;
  readonly columns: readonly Column<Row>[];
  readonly href: string | undefined;
  readonly focusable: boolean;
  readonly selected: boolean | undefined;
  readonly onToggle: ((key: string) => void) | undefined;
  readonly measure: (element: HTMLTableRowElement | null) => void;
}

function Plain<Row>({ row, rowKey, index, columns, href, focusable, selected, onToggle, measure }: Props<Row>) {
  return (
    <tr
      ref={measure}
      data-index={index}
      data-key={rowKey}
      aria-rowindex={index + 2}
      aria-selected={selected}
      tabIndex={focusable ? 0 : -1}
      className={classes.row}
      data-linked={href !== undefined || undefined}
    >
      {onToggle !== undefined && (
        <td className={classes.select}>
          <input
            type="checkbox"
            aria-label={`Select ${rowKey}`}
            checked={selected === true}
            onChange={() => onToggle(rowKey)}
          />
        </td>
      )}
      {columns.map((column, place) => (
        <td
          key={column.id}
          data-align={column.align}
          data-label={typeof column.header === "string" ? column.header : undefined}
        >
          {place === 0 && href !== undefined ? (
            <a href={href} data-row-link className={classes.link} tabIndex={-1}>
              {column.cell(row)}
            </a>
          ) : (
            whole(column.cell(row))
          )}
        </td>
      ))}
    </tr>
  );
}

/** On a narrow screen a cell lays out its label and one thing beside it: several are kept together. */
function whole(content: ReactNode): ReactNode {
  return isValidElement(content) && content.type === Fragment ? <div>{content}</div> : content;
}

/** Drawn again only when its own row changes: a list keeps the identity of its rows, columns and functions. */
export const DataRow = memo(Plain) as <Row>(props: Props<Row>) => JSX.Element;
