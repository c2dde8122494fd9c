import { act, Component, type ReactNode, Suspense } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, expect, test, vi } from "vitest";
import { asProblem } from "@/api/problem";
import { lazyPage, readPagesAgain } from "./lazy-page";

class Boundary extends Component<{ children: ReactNode }, { told: string | null }> {
  override state = { told: null };
  static getDerivedStateFromError(error: unknown) {
    return { told: asProblem(error).title };
  }
  override render() {
    return this.state.told ?? this.props.children;
  }
}

let root: Root | undefined;

afterEach(() => {
  act(() => root?.unmount());
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

async function shown(page: ReactNode): Promise<string> {
  const into = document.createElement("div");
  root = createRoot(into);
  await act(async () =>
    root?.render(
      <Boundary>
        <Suspense>{page}</Suspense>
      </Boundary>,
    ),
  );
  await act(async () => undefined);
  return into.textContent ?? "";
}

test("a page that can't be read while the control plane is away says so, and is read when it is back", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(null, { status: 502 })));
  let away = true;
  const Page = lazyPage(() =>
    away ? Promise.reject(new TypeError("no module")) : Promise.resolve({ default: () => "the page" }),
  );
  expect(await shown(<Page />)).toBe("The control plane does not answer");
  // Without anybody who asks again it is not read again and again.
  away = false;
  expect(await shown(<Page />)).toBe("The control plane does not answer");
  readPagesAgain();
  expect(await shown(<Page />)).toBe("the page");
});
