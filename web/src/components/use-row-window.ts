import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";

const VIRTUAL_FROM = 60;
const ROW_HEIGHT = 48;
const OVERSCAN = 3;
const FRAMES_MAX = 60;

export interface RowWindow {
  readonly indices: readonly number[];
  /** Heights in pixels of what is not drawn, above and below. */
  readonly before: number;
  readonly after: number;
  readonly measure: (element: HTMLTableRowElement | null) => void;
  /** Scrolls a row into view, and gives it the focus when it is drawn. */
  readonly focus: (index: number) => void;
}

/** Which rows are drawn: all of a short table, those near the view of a long one. */
export function useRowWindow(rows: number, body: RefObject<HTMLElement | null>): RowWindow {
  const isVirtual = rows > VIRTUAL_FROM;
  const [top, setTop] = useState(0);
  // The table's place on the page moves with what stands above it. Looked at when the page has been laid out: asking in
  // each drawing would lay it out once more.
  useLayoutEffect(() => {
    const look = () => {
      const element = body.current;
      if (element !== null) setTop(Math.round(element.getBoundingClientRect().top + window.scrollY));
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [body]);
  const virtualizer = useWindowVirtualizer({
    count: rows,
    enabled: isVirtual,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    scrollMargin: top,
  });
  const shown = isVirtual ? virtualizer.getVirtualItems() : [];
  const first = shown[0];
  const last = shown.at(-1);
  const all = useMemo(() => Array.from({ length: isVirtual ? 0 : rows }, (_, index) => index), [isVirtual, rows]);
  const measure = useCallback(
    (element: HTMLTableRowElement | null) => {
      if (isVirtual) virtualizer.measureElement(element);
    },
    [isVirtual, virtualizer],
  );
  const wanted = useRef(-1);
  const focus = useCallback(
    (index: number) => {
      wanted.current = index;
      if (isVirtual) virtualizer.scrollToIndex(index);
      // The frame after the next as a rule, and later on a busy machine.
      const look = (left: number) => {
        const row = body.current?.querySelector<HTMLElement>(`[data-index="${index}"]`);
        if (wanted.current !== index) return;
        if (row) row.focus();
        else if (left > 0) requestAnimationFrame(() => look(left - 1));
      };
      requestAnimationFrame(() => requestAnimationFrame(() => look(FRAMES_MAX)));
    },
    [isVirtual, virtualizer, body],
  );
  return {
    indices: isVirtual ? shown.map((each) => each.index) : all,
    before: first === undefined ? 0 : first.start - top,
    after: last === undefined ? 0 : virtualizer.getTotalSize() - (last.end - top),
    measure,
    focus,
  };
}
