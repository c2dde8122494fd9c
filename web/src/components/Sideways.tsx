import { type ReactNode, useEffect, useRef, useState } from "react";
import classes from "./Sideways.module.css";

interface Props {
  /** What is in it, for who comes to it by keyboard. */
  readonly label: string;
  readonly children: ReactNode;
}

/** A table that may be wider than its place: then it scrolls by itself, and is reached by keyboard. */
export function Sideways({ label, children }: Props) {
  const ref = useRef<HTMLElement>(null);
  const [wide, setWide] = useState(false);
  useEffect(() => {
    const box = ref.current;
    if (box === null) return;
    const look = () => setWide(box.scrollWidth > box.clientWidth);
    const observer = new ResizeObserver(look);
    observer.observe(box);
    for (const child of box.children) observer.observe(child);
    return () => observer.disconnect();
  }, []);
  return (
    <section ref={ref} className={classes.sideways} {...(wide ? { tabIndex: 0, "aria-label": label } : {})}>
      {children}
    </section>
  );
}
