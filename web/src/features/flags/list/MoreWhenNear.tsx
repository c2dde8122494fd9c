import { useEffect, useRef } from "react";

interface Props {
  readonly more: { readonly loading: boolean; readonly load: () => void } | null;
}

const NEAR = "1500px";

/** Reads the next page of a list before somebody has scrolled to its end. */
export function MoreWhenNear({ more }: Props) {
  const end = useRef<HTMLDivElement>(null);
  const load = useRef(more?.load);
  load.current = more?.load;
  const waits = more !== null && !more.loading;
  useEffect(() => {
    const element = end.current;
    if (!waits || element === null) return;
    const observer = new IntersectionObserver(
      (entries) => entries.some((each) => each.isIntersecting) && load.current?.(),
      { rootMargin: NEAR },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [waits]);
  return <div ref={end} aria-hidden="true" />;
}
