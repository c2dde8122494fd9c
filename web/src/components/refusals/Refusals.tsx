import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { createPortal } from "react-dom";
import type { FieldProblem, Problem } from "@/api/problem";
import { Sentence } from "../Sentence";
import { controlOf, focusOf } from "./place";
import classes from "./Refusals.module.css";

interface Props {
  /** What the last save was refused for. */
  readonly problem: Problem | null;
  readonly children: ReactNode;
}

interface Mark {
  readonly control: HTMLElement;
  readonly said: Element;
  readonly field: FieldProblem;
}

/** A form whose refused controls are marked, say why, and the first of them has the focus, until it is changed. */
export function Refusals({ problem, children }: Props) {
  const form = useRef<HTMLDivElement>(null);
  const id = useId();
  const [marks, setMarks] = useState<readonly Mark[]>([]);

  useEffect(() => {
    const found = problem === null || form.current === null ? [] : marksOf(form.current, problem);
    // What a control shows itself is left to it.
    setMarks(found.filter(({ control }) => focusOf(control).getAttribute("aria-invalid") !== "true"));
    const [first] = found;
    if (first !== undefined) focusOf(first.control).focus();
  }, [problem]);

  useEffect(() => {
    const undo = marks.map(({ control }, index) => {
      const input = focusOf(control);
      const described = input.getAttribute("aria-describedby");
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", [described, `${id}-${index}`].filter(Boolean).join(" "));
      input.toggleAttribute("data-refused", true);
      return () => {
        input.removeAttribute("aria-invalid");
        input.removeAttribute("data-refused");
        if (described === null) input.removeAttribute("aria-describedby");
        else input.setAttribute("aria-describedby", described);
      };
    });
    return () => {
      for (const each of undo) each();
    };
  }, [marks, id]);

  // A refusal says nothing of what is written instead.
  const changed = (target: EventTarget) => {
    if (target instanceof Node) setMarks((before) => before.filter(({ said }) => !said.contains(target)));
  };
  return (
    <div ref={form} className={classes.form} onInput={(event) => changed(event.target)}>
      {children}
      {marks.map(({ said, field }, index) =>
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

/** One mark for a control, below which its reason stands. */
function marksOf(form: HTMLElement, problem: Problem): Mark[] {
  const marks: Mark[] = [];
  for (const field of fieldsOf(problem)) {
    const control = controlOf(form, field.field);
    if (control === null || marks.some((each) => each.control === control)) continue;
    const said = control.closest(".mantine-InputWrapper-root") ?? control.parentElement;
    if (said !== null) marks.push({ control, said, field });
  }
  return marks;
}

/** That a key is taken is a conflict and no field's refusal, and yet it is the key that has to be another one. */
function fieldsOf(problem: Problem): readonly FieldProblem[] {
  if (problem.fields.length > 0 || problem.code !== "already_exists") return problem.fields;
  return [{ field: "key", code: problem.code, message: problem.detail || problem.title }];
}

/** The reason as a sentence, without the checker's own word for what it is. */
function upper(text: string): string {
  const reason = text.replace(/^Value error, /, "");
  return reason.charAt(0).toUpperCase() + reason.slice(1);
}
