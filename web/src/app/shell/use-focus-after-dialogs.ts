import { useEffect } from "react";

const REMEMBERED = 20;
const DIALOG = "[role=dialog]";

/** When a dialog is gone, the focus goes back to where it was before: Mantine does so where a dialog is closed, not where
 * it is taken off the page as a whole, and pages mostly do the latter. */
export function useFocusAfterDialogs(): void {
  useEffect(() => {
    const before: HTMLElement[] = [];
    let handle = 0;
    const remember = ({ target }: FocusEvent) => {
      if (!(target instanceof HTMLElement) || before.at(-1) === target) return;
      before.push(target);
      if (before.length > REMEMBERED) before.shift();
    };
    const giveBack = () => {
      const { activeElement, body } = document;
      if (activeElement !== null && activeElement !== body) return;
      const dialog = [...document.querySelectorAll<HTMLElement>(`${DIALOG}[aria-modal=true]`)].at(-1) ?? null;
      before.findLast((each) => each.isConnected && each.closest(DIALOG) === dialog)?.focus({ preventScroll: true });
    };
    const observer = new MutationObserver((records) => {
      if (!records.some(hasLostDialog)) return;
      cancelAnimationFrame(handle);
      handle = requestAnimationFrame(giveBack);
    });
    document.addEventListener("focusin", remember);
    observer.observe(document.body, { childList: true, subtree: true });
    return () => {
      cancelAnimationFrame(handle);
      observer.disconnect();
      document.removeEventListener("focusin", remember);
    };
  }, []);
}

/** Dialogs stand in portals: of the rows that a list gives up nothing is asked. */
function hasLostDialog({ target, removedNodes }: MutationRecord): boolean {
  if (removedNodes.length === 0 || !(target instanceof Element) || target.closest("main") !== null) return false;
  return [...removedNodes].some(
    (each) => each instanceof Element && (each.matches(DIALOG) || each.querySelector(DIALOG) !== null),
  );
}
