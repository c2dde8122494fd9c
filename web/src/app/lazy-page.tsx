/** A page's module, read when it is first opened. What fails is told, and tried again: a page that isn't there goes on. */
import { type ComponentType, type ReactNode, use } from "react";
import { unreachable } from "@/api/problem";

interface Module {
  readonly default: ComponentType;
}

let attempt = 0;

/** Whoever asked for a page that could not be read asks again. */
export function readPagesAgain(): void {
  attempt += 1;
}

/** Whether the control plane answers, which has the pages' modules, too. */
export async function controlPlaneAnswers(): Promise<boolean> {
  try {
    return (await fetch("/", { cache: "no-store" })).status < 500;
  } catch {
    return false;
  }
}

export function lazyPage(load: () => Promise<Module>): (() => ReactNode) & { preload: () => Promise<void> } {
  let page: ComponentType | undefined;
  let reading: Promise<void> | undefined;
  let failed: { readonly thrown: unknown; readonly attempt: number } | undefined;

  const read = (): Promise<void> => {
    if (failed !== undefined && failed.attempt !== attempt) {
      failed = undefined;
      reading = undefined;
    }
    reading ??= load().then(
      (module) => {
        page = module.default;
      },
      async (thrown: unknown) => {
        if (!(await controlPlaneAnswers())) failed = { thrown: unreachable("control plane"), attempt };
        else if (reloadsOnce(thrown)) await new Promise(() => undefined);
        else failed = { thrown, attempt };
      },
    );
    return reading;
  };

  const shown = () => {
    if (page === undefined) use(read());
    if (failed !== undefined) throw failed.thrown;
    const Page = page;
    return Page === undefined ? null : <Page />;
  };
  return Object.assign(shown, { preload: read });
}

/** The build is another one, and has no such file any more: the page is loaded again, once for each file. */
function reloadsOnce(thrown: unknown): boolean {
  const key = `verdict.reloaded ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  if (sessionStorage.getItem(key) !== null) return false;
  sessionStorage.setItem(key, "1");
  window.location.reload();
  return true;
}
