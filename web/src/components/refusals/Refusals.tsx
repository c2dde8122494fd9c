import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { createPortal } from "react-dom";
import type { FieldProblem, Problem } from "@/api/problem";
import { Sentence } from "../Sentence";
import { fieldsOf } from "./fields";
import { controlOf, focusOf } from "./place";
import classes from "./Refusals.module.css";
import { Refused } from "./Refused";

interface Props {
  /** What the last save was refused for. */
  readonly problem: Problem | null;
  readonly children: ReactNode;
}

/** A refused field; `control` and what it stands in are null where the form has none for it. */
interface Found {
  readonly field: FieldProblem;
  readonly control: HTMLElement | null;
  readonly said: Element | null;
  /** It is the first reason of its control, which doesn't say it itself. */
  readonly marked: boolean;
}

/** A form whose refusals are listed above it, and whose refused controls are marked and say why. The first of them has the
 * focus. Of what is changed nothing is said any more. */
export function Refusals({ problem, children }: Props) {
  const form = useRef<HTMLDivElement>(null);
  const id = useId();
  const [found, setFound] = useState<readonly Found[]>([]);

  useEffect(() => {
    const next = problem === null || form.current === null ? [] : findIn(form.current, problem);
    setFound(next);
    const first = next.find((each) => each.control !== null)?.control;
    if (first) focusOf(first).focus();
  }, [problem]);

  useEffect(() => {
    const undo = found.map(({ control, marked }, index) =>
      control !== null && marked ? mark(focusOf(control), `${id}-${index}`) : undefined,
    );
    return () => {
      for (const each of undo) each?.();
    };
  }, [found, id]);

  const changed = (target: EventTarget) => {
    if (target instanceof Node) setFound((before) => before.filter(({ said }) => !said?.contains(target)));
  };
  const go = (path: string) => {
    const control = form.current === null ? null : controlOf(form.current, path);
    if (control !== null) focusOf(control).focus();
  };
  return (
    <div ref={form} className={classes.form} onInput={(event) => changed(event.target)}>
      {found.length > 0 && (
        <Refused
          errors={found.map(({ field }) => field)}
          reachable={new Set(found.filter(({ control }) => control !== null).map(({ field }) => field.field))}
          onGo={go}
        />
      )}
      {children}
      {found.map(
        ({ said, field, marked }, index) =>
          marked &&
          said !== null &&
          createPortal(
            <span id={`${id}-${index}`} className={classes.message}>
              <Sentence text={upper(field.message)} />
            </span>,
            said,
            `${field.field} ${field.code}`,
          ),
      )}
    </div>
  );
}

/** A control gets one mark, with the first of its reasons. */
function findIn(form: HTMLElement, problem: Problem): Found[] {
  const found: Found[] = [];
  for (const field of fieldsOf(problem)) {
    const control = controlOf(form, field.field);
    const said = control === null ? null : (control.closest(".mantine-InputWrapper-root") ?? control.parentElement);
    const told =
      control === null ||
      focusOf(control).getAttribute("aria-invalid") === "true" ||
      found.some((each) => each.control === control);
    found.push({ field, control, said, marked: !told });
  }
  return found;
}

function mark(input: HTMLElement, reason: string): () => void {
  const described = input.getAttribute("aria-describedby");
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", [described, reason].filter(Boolean).join(" "));
  input.toggleAttribute("data-refused", true);
  return () => {
    input.removeAttribute("aria-invalid");
    input.removeAttribute("data-refused");
    if (described === null) input.removeAttribute("aria-describedby");
    else input.setAttribute("aria-describedby", described);
  };
}

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
