import { Fragment } from "react";
import { type Condition, type Part, sentenceOf } from "@/lib/rules";
import classes from "./ConditionSentence.module.css";
import { WordButton } from "./WordButton";

interface Props {
  condition: Condition;
  /** Where errors name the condition. */
  root?: string;
  /** A click on a word, with the path of what it stands for. Without it the sentence is plain text. */
  onWord?: ((path: string) => void) | undefined;
  /** Paths of what was refused. */
  wrong?: readonly string[];
}

/** A condition as one reads it aloud; each word that can be edited leads to its control. */
export function ConditionSentence({ condition, root = "if", onWord, wrong = [] }: Props) {
  const parts = sentenceOf(condition, root);
  return (
    <span className={classes.sentence}>
      {parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a sentence has no other order
        <Fragment key={index}>
          {spaceBefore(parts, index) && " "}
          <Word part={part} onWord={onWord} wrong={"path" in part && isWrong(wrong, part.path)} />
        </Fragment>
      ))}
    </span>
  );
}

function Word({ part, onWord, wrong }: { part: Part; onWord: Props["onWord"]; wrong: boolean }) {
  if (part.text === "") return null;
  if (part.kind === "word") return <span className={classes.word}>{part.text}</span>;
  if (part.kind === "open" || part.kind === "close") return <span className={classes.bracket}>{part.text}</span>;
  const look = [classes[part.kind], wrong ? classes.wrong : ""].join(" ");
  if (onWord === undefined) return <span className={look}>{part.text}</span>;
  return (
    <WordButton
      className={`${look} ${classes.button}`}
      onPress={() => onWord(part.path)}
      label={`${part.text}: edit ${part.kind}`}
    >
      {part.text}
    </WordButton>
  );
}

const isWrong = (wrong: readonly string[], path: string): boolean =>
  wrong.some((each) => each === path || each.startsWith(`${path}[`));

/** None before the first word, behind an opening bracket, and before a closing one. */
function spaceBefore(parts: readonly Part[], index: number): boolean {
  const part = parts[index];
  if (part === undefined || part.text === "" || part.text.startsWith(")")) return false;
  const before = parts.slice(0, index).findLast((each) => each.text !== "");
  return before !== undefined && !before.text.endsWith("(");
}
