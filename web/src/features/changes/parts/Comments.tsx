import { Button, Group, Textarea } from "@mantine/core";
import { useState } from "react";
import { announceProblem } from "@/components/announce";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { Guarded } from "@/components/Guarded";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import classes from "../pages/changes.module.css";
import { useComments } from "../queries";

const LENGTH_MAX = 5000;

interface Props {
  readonly project: string;
  readonly number: number;
  /** Where the change is made; without one it is of the whole project. */
  readonly environment: string | undefined;
  readonly say: (text: string) => Promise<unknown>;
}

/** What people said of it, approvals and rejections among it. */
export function Comments({ project, number, environment, say }: Props) {
  const { query, more } = useComments(project, number);
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const at = environment === undefined ? {} : { environment };
  const send = async () => {
    setBusy(true);
    try {
      await say(text.trim());
      // What was typed meanwhile is the next comment.
      setText((now) => (now === text ? "" : now));
    } catch (thrown) {
      announceProblem(thrown, "The comment was not saved");
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title="Comments">
      <QueryView query={query} part>
        {(comments) =>
          comments.length === 0 ? (
            <p className={classes.hint}>Nobody has said anything yet.</p>
          ) : (
            <div>
              {comments.map((each) => (
                <article key={each.number} className={classes.comment}>
                  <div className={classes.commentHead}>
                    <strong>{each.author.name}</strong>
                    {each.verdict !== null && (
                      <Badge tone={each.verdict === "approve" ? "good" : "problem"}>
                        {each.verdict === "approve" ? "Approved" : "Rejected"}
                      </Badge>
                    )}
                    <Time at={each.created_at} />
                  </div>
                  {each.text !== "" && <p className={classes.text}>{each.text}</p>}
                </article>
              ))}
              {more !== null && (
                <Button variant="default" size="xs" loading={more.loading} onClick={more.load}>
                  Show more comments
                </Button>
              )}
            </div>
          )
        }
      </QueryView>
      <Textarea
        label="Add a comment"
        autosize
        minRows={2}
        maxLength={LENGTH_MAX}
        mt="md"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Group justify="flex-end" mt="xs">
        <Guarded right="change:propose" {...at}>
          {(guard) => (
            <Button
              variant="default"
              loading={busy}
              disabled={text.trim() === ""}
              onClick={() => void send()}
              {...guard}
            >
              Comment
            </Button>
          )}
        </Guarded>
      </Group>
    </Card>
  );
}
