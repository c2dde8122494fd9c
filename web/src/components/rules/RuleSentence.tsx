import { Fragment } from "react";
import { ConditionSentence } from "@/components/ConditionSentence";
import classes from "@/components/RuleList.module.css";
import { WordButton } from "@/components/WordButton";
import { type Rule, servedWords } from "@/lib/rules";

interface Props {
  rule: Rule;
  path: string;
  labels: Readonly<Record<string, string>>;
  /** The off variation, which is told last. */
  off: string | undefined;
  onWord?: ((path: string) => void) | undefined;
  wrong?: readonly string[];
}

/** "If country is one of DE, FR, serve on to 12.5% and off to the rest, by targeting key." */
export function RuleSentence({ rule, path, labels, off, onWord, wrong = [] }: Props) {
  const served = servedWords(rule.then, (key) => labels[key] ?? key, off);
  return (
    <span className={classes.sentence}>
      <span className={classes.word}>If </span>
      <ConditionSentence condition={rule.if} root={`${path}.if`} onWord={onWord} wrong={wrong} />
      <span className={classes.word}>, serve </span>
      {served.map((words, index) => (
        <Fragment key={words}>
          {index > 0 && ", "}
          {onWord === undefined ? (
            <span className={classes.served}>{words}</span>
          ) : (
            <WordButton
              className={classes.served ?? ""}
              onPress={() => onWord(index === 0 ? `${path}.then` : `${path}.then.rollout.bucket_by`)}
              label={`${words}: edit what is served`}
            >
              {words}
            </WordButton>
          )}
        </Fragment>
      ))}
    </span>
  );
}
