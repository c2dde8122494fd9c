/** How a request that needs a session gets one again: whoever shows the sign-in dialog registers here. */

type Ask = () => Promise<void>;

let ask: Ask | null = null;
let asking: Promise<void> | null = null;

export function onSessionEnd(handler: Ask): () => void {
  ask = handler;
  return () => {
    if (ask === handler) ask = null;
  };
}

/** Resolves when somebody has signed in again; many requests share one dialog. Null where nobody can be asked. */
export function signInAgain(): Promise<void> | null {
  if (ask === null) return null;
  asking ??= ask().finally(() => {
    asking = null;
  });
  return asking;
}
