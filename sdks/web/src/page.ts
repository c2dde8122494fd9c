/** The page around the SDK: whether anybody looks at it, and when it may be gone. Outside of browsers nothing is told. */

export interface PageListener {
  /** Nobody looks at it any more, and it may never be seen again. */
  hidden(): void;
  visible(): void;
  /** It is left, or laid aside for the way back. */
  left(): void;
}

/** Tells of the page until the function that it gives is called. */
export function watchPage(listener: PageListener): () => void {
  if (typeof document === 'undefined' || typeof addEventListener === 'undefined') return () => undefined;
  const turned = (): void => (document.visibilityState === 'hidden' ? listener.hidden() : listener.visible());
  const left = (): void => listener.left();
  const back = (event: PageTransitionEvent): void => {
    if (event.persisted) listener.visible();
  };
  document.addEventListener('visibilitychange', turned);
  addEventListener('pagehide', left);
  addEventListener('pageshow', back);
  return () => {
    document.removeEventListener('visibilitychange', turned);
    removeEventListener('pagehide', left);
    removeEventListener('pageshow', back);
  };
}
