/** Signing out in one tab signs out in all. */

const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("verdict-session");

export function tellTabsOfSignOut(): void {
  channel?.postMessage("signed-out");
}

export function onSignOutElsewhere(handler: () => void): () => void {
  const listen = (event: MessageEvent<unknown>) => {
    if (event.data === "signed-out") handler();
  };
  channel?.addEventListener("message", listen);
  return () => channel?.removeEventListener("message", listen);
}
