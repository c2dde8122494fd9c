import { useDebouncedCallback } from "@mantine/hooks";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { Icon } from "./Icon";
import classes from "./TextFilter.module.css";

const TEXT_MAX = 200;

interface Props {
  readonly label: string;
  readonly value: string;
  readonly onChange: (next: string) => void;
}

/** The text that a list is searched for. It is told when typing rests; arrow down leads to the rows. It is plain, as it
 * stands with a list's first rows: who presses its key as soon as they see them types here. */
export function TextFilter({ label, value, onChange }: Props) {
  const [text, setText] = useState(value);
  const told = useRef(value);
  const tell = useDebouncedCallback((next: string) => {
    told.current = next;
    onChange(next);
  }, 200);
  // Back and forward, and "clear filters", change it from outside; what was typed here comes back, too, and is old then.
  useEffect(() => {
    if (value === told.current) return;
    told.current = value;
    tell.cancel();
    setText(value);
  }, [value, tell]);
  const toRows = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown") return;
    const row = document.querySelector<HTMLElement>("main [data-index][tabindex='0']");
    if (row === null) return;
    event.preventDefault();
    tell.flush();
    row.focus();
  };
  return (
    <div className={classes.text}>
      <Icon name="search" size={16} />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        data-page-search
        maxLength={TEXT_MAX}
        value={text}
        onKeyDown={toRows}
        onChange={(event) => {
          setText(event.currentTarget.value);
          tell(event.currentTarget.value);
        }}
      />
    </div>
  );
}
