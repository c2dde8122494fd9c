import { lazy, Suspense, useSyncExternalStore } from "react";
import { patiently } from "@/lib/patiently";

const ConfirmDialog = lazy(() =>
  patiently(() => import("./ConfirmDialog").then((module) => ({ default: module.ConfirmDialog }))),
);

interface Question {
  readonly title: string;
  readonly text: string;
  readonly confirm: string;
  readonly answer: (yes: boolean) => void;
}

let current: Question | null = null;
const listeners = new Set<() => void>();

function set(next: Question | null): void {
  current = next;
  for (const each of listeners) each();
}

/** Asks where no component can, such as on leaving a page. A further question answers the one before with no. */
export function askToConfirm(question: Omit<Question, "answer">): Promise<boolean> {
  current?.answer(false);
  return new Promise((answer) => set({ ...question, answer }));
}

/** Shows what `askToConfirm` asks; stands once in the app. */
export function ConfirmHost() {
  const question = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
  if (question === null) return null;
  const finish = (yes: boolean) => {
    question.answer(yes);
    if (current === question) set(null);
  };
  return (
    <Suspense fallback={null}>
      <ConfirmDialog
        opened
        title={question.title}
        confirm={question.confirm}
        tone="danger"
        onClose={() => finish(false)}
        onConfirm={() => finish(true)}
      >
        {question.text}
      </ConfirmDialog>
    </Suspense>
  );
}
