import { Button, Checkbox, Menu, TagsInput, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { usePlace } from "@/api/place";
import { announce, announceProblem } from "@/components/announce";
import { FormDialog } from "@/components/FormDialog";
import { Guarded } from "@/components/Guarded";
import type { ExperimentChoice } from "@/components/reviewing/queries";
import { plural } from "@/lib/format";
import { patiently } from "@/lib/patiently";
import { flagChanged } from "../changed";
import classes from "../list/list.module.css";
import { flagFacetsQuery } from "../list/queries";
import { actionOf, atOnce, type BulkAction, byKey, KEYS_MAX, type Looked, titleOf } from "./model";
import { changeMany, undoMany } from "./queries";

const BulkReview = lazy(() =>
  patiently(() => import("./BulkReview").then((module) => ({ default: module.BulkReview }))),
);

interface Props {
  readonly keys: readonly string[];
  readonly onDone: () => void;
}

interface Given {
  readonly reason?: string;
  readonly choice?: ExperimentChoice | null;
}

/** What can be done to the chosen flags at once: one change, and one undo. */
export function BulkBar({ keys, onDone }: Props) {
  const { project, environments } = usePlace();
  const client = useQueryClient();
  const [asked, setAsked] = useState<"tag" | Looked | null>(null);
  const refresh = () => flagChanged(client, project.key);
  const flags = plural(keys.length, "flag");

  const change = async (action: BulkAction, what: string, given: Given = {}) => {
    const written = await changeMany(project.key, { ...action, keys: [...keys] }, { dryRun: false, ...given });
    announce(written, {
      what,
      undo: async () => {
        await undoMany(project.key, written.data.id);
        await refresh();
      },
    });
    onDone();
    await refresh();
  };
  const off = (environment: string, name: string) =>
    change({ action: "switch", environment, enabled: false }, `Turned off ${flags} in ${name}`).catch(
      (thrown: unknown) => announceProblem(atOnce(byKey(thrown, keys)), "None of the flags was switched"),
    );

  return (
    <section className={classes.bulk} aria-label="The chosen flags">
      <Text fw={600} role="status">
        {flags} chosen
      </Text>
      {keys.length > KEYS_MAX && <Text c="dimmed">At most {KEYS_MAX} are changed at once.</Text>}
      {keys.length <= KEYS_MAX && (
        <>
          <Guarded right="flag:update">
            {(guard) => (
              <Button variant="default" size="xs" onClick={() => setAsked("tag")} {...guard}>
                Tag
              </Button>
            )}
          </Guarded>
          <Menu position="top-start">
            <Menu.Target>
              <Button variant="default" size="xs">
                Switch
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {environments.map((each) => (
                <Guarded key={`off ${each.key}`} right="flag:toggle" environment={each.key}>
                  {(guard) => (
                    <Menu.Item onClick={() => void off(each.key, each.name)} {...guard}>
                      Turn off in {each.name}
                    </Menu.Item>
                  )}
                </Guarded>
              ))}
              {environments.map((each) => (
                <Guarded key={`on ${each.key}`} right="flag:toggle" environment={each.key}>
                  {(guard) => (
                    <Menu.Item onClick={() => setAsked({ do: "turn on", environment: each })} {...guard}>
                      Turn on in {each.name}
                    </Menu.Item>
                  )}
                </Guarded>
              ))}
            </Menu.Dropdown>
          </Menu>
          <Guarded right="flag:archive">
            {(guard) => (
              <Button variant="default" size="xs" onClick={() => setAsked({ do: "archive" })} {...guard}>
                Archive
              </Button>
            )}
          </Guarded>
        </>
      )}
      <Button variant="subtle" size="xs" onClick={onDone}>
        Choose none
      </Button>
      {asked === "tag" && <TagDialog keys={keys} onClose={() => setAsked(null)} onChange={change} />}
      {asked !== null && asked !== "tag" && (
        <Suspense>
          <BulkReview
            looked={asked}
            keys={keys}
            save={(given) => change(actionOf(asked), titleOf(asked, keys.length, true), given)}
            onAsked={onDone}
            onClose={() => setAsked(null)}
          />
        </Suspense>
      )}
    </section>
  );
}

interface TagProps {
  readonly keys: readonly string[];
  readonly onClose: () => void;
  readonly onChange: (action: BulkAction, what: string) => Promise<void>;
}

function TagDialog({ keys, onClose, onChange }: TagProps) {
  const { project } = usePlace();
  const known = useQuery(flagFacetsQuery(project.key)).data?.tags ?? [];
  const [tags, setTags] = useState<string[]>([]);
  const [away, setAway] = useState(false);
  const flags = plural(keys.length, "flag");
  const what = away ? `Took ${tags.join(", ")} from ${flags}` : `Tagged ${flags} ${tags.join(", ")}`;
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={`Tag ${flags}`}
      confirm={away ? "Take tags away" : "Add tags"}
      incomplete={tags.length === 0 ? "It needs a tag" : ""}
      onSubmit={() =>
        onChange({ action: "tag", ...(away ? { remove: tags } : { add: tags }) }, what).catch((thrown: unknown) => {
          throw byKey(thrown, keys);
        })
      }
    >
      <TagsInput label="Tags" data-autofocus data={known.map((each) => each.value)} value={tags} onChange={setTags} />
      <Checkbox
        label="Take them away instead"
        checked={away}
        onChange={(event) => setAway(event.currentTarget.checked)}
      />
    </FormDialog>
  );
}
