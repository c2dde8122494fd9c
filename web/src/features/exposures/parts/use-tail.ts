import { useEffect, useRef, useState } from "react";
import { asProblem, type Problem } from "@/api/problem";
import { type TailRow, withNewer } from "../model";
import { tail } from "../queries";

const AGAIN_MILLISECONDS = 2_000;
const SHOWN_EVERY = 250;

export type TailState = "connecting" | "live" | "paused" | "again";

export interface Tail {
  readonly rows: readonly TailRow[];
  readonly state: TailState;
  readonly problem: Problem | null;
}

/** The events of an environment as they arrive. What comes fast is shown four times a second, so that it can be read. */
export function useTail(project: string, environment: string, paused: boolean): Tail & { readonly clear: () => void } {
  const [rows, setRows] = useState<readonly TailRow[]>([]);
  const [state, setState] = useState<TailState>("connecting");
  const [problem, setProblem] = useState<Problem | null>(null);
  const nextId = useRef(1);

  useEffect(() => {
    if (paused) {
      setState("paused");
      return;
    }
    const controller = new AbortController();
    let waiting: Parameters<typeof withNewer>[1] = [];
    const show = () => {
      if (waiting.length === 0) return;
      const events = waiting;
      waiting = [];
      const first = nextId.current;
      nextId.current += events.length;
      setRows((before) => withNewer(before, events, first));
    };
    const timer = setInterval(show, SHOWN_EVERY);
    const read = async () => {
      while (!controller.signal.aborted) {
        try {
          setState("connecting");
          for await (const events of tail(project, environment, controller.signal, () => setState("live"))) {
            setProblem(null);
            waiting = [...waiting, ...events];
          }
        } catch (thrown) {
          if (controller.signal.aborted) return;
          const told = asProblem(thrown);
          setProblem(told);
          // A refusal stays one.
          if (told.status >= 400 && told.status < 500 && told.status !== 429) return;
        }
        setState("again");
        await pause(AGAIN_MILLISECONDS, controller.signal);
      }
    };
    void read();
    return () => {
      controller.abort();
      clearInterval(timer);
      show();
    };
  }, [project, environment, paused]);

  return { rows, state, problem, clear: () => setRows([]) };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
