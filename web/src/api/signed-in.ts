/** How a request that needs a session gets one again: whoever shows the sign-in dialog registers here. */

type Ask = () => Promise<void>;

let ask: Ask | null = null;
let asking: Promise<void> | null = null;
let times = 0;

export function onSessionEnd(handler: Ask): () => void {
  ask = handler;
  return () => {
    if (ask === handler) ask = null;
  };
}

/** How often somebody has signed in again. A request remembers it when it is sent. */
export function timesSignedIn(): number {
  return times;
}

/** Resolves when somebody has signed in again since `sent`: many requests share one dialog, and one that was refused
 * too late asks for none. Null where nobody can be asked. */
export function signInAgain(sent: number): Promise<void> | null {
  if (sent !== times) return Promise.resolve();
  if (ask === null) return null;
  asking ??= ask()
    .then(() => {
      times++;
    })
    .finally(() => {
      asking = null;
    });
  return asking;
}
