import { startTransition, useEffect, useState } from "react";

/** Whether what stands once `ready` is on the screen: what isn't looked at first is drawn after it. */
export function usePainted(ready: boolean): boolean {
  const [painted, setPainted] = useState(false);
  useEffect(() => {
    if (!ready || painted) return;
    // A frame's callback runs before it is painted, a task that it begins runs after.
    let task = 0;
    const frame = requestAnimationFrame(() => {
      task = window.setTimeout(() => startTransition(() => setPainted(true)));
    });
    return () => {
      cancelAnimationFrame(frame);
      window.clearTimeout(task);
    };
  }, [ready, painted]);
  return painted;
}
