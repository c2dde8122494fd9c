/** What was not sent yet when a process has nothing left to do. Signals and `process.exit()` stay the application's. */

/** Something that wants to send what it has. */
export interface Leaving {
  /** Sends it; resolves after a few seconds at most. */
  leave(): Promise<void>;
  /** Is there anything? */
  readonly pending: boolean;
}

const all = new Set<Leaving>();
let leaving = false;

async function leave(): Promise<void> {
  if (leaving) return;
  const waiting = [...all].filter((one) => one.pending);
  if (waiting.length === 0) return;
  leaving = true;
  // Awaiting keeps the process alive; what can't be sent now is given up, so that it ends.
  await Promise.all(waiting.map((one) => one.leave()));
  for (const one of waiting) forget(one);
  leaving = false;
}

const listener = (): void => void leave();

/** Sends its rest before the process ends. One listener serves all clients. */
export function remember(one: Leaving): void {
  if (all.size === 0) process.on("beforeExit", listener);
  all.add(one);
}

/** It is closed. */
export function forget(one: Leaving): void {
  all.delete(one);
  if (all.size === 0) process.off("beforeExit", listener);
}
