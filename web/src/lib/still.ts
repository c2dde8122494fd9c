import { startTransition, useEffect, useState } from "react";

const STILL_MILLISECONDS = 120;
const waiting = new Set<() => void>();
let timer = 0;

/** Whether what calls it has stood for a moment. Rows that are scrolled past never do: they ask nothing. All are told at
 * once, in a drawing that gives way to whatever somebody does meanwhile. */
export function useStill(): boolean {
  const [still, setStill] = useState(false);
  useEffect(() => {
    const tell = () => setStill(true);
    waiting.add(tell);
    window.clearTimeout(timer);
    timer = window.setTimeout(tellAll, STILL_MILLISECONDS);
    return () => void waiting.delete(tell);
  }, []);
  return still;
}

function tellAll(): void {
  const told = [...waiting];
  waiting.clear();
  startTransition(() => {
    for (const tell of told) tell();
  });
}
