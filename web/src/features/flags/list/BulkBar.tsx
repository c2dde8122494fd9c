import { Button, Checkbox, Menu, TagsInput, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem } from "@/api/problem";
import { announce, announceProblem } from "@/components/announce";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { FormDialog } from "@/components/FormDialog";
import { Guarded } from "@/components/Guarded";
import { plural } from "@/lib/format";
import classes from "./list.module.css";
import { type BulkChange, changeMany, flagFacetsQuery, flagsKey, undoMany } from "./queries";

interface Props {
  readonly keys: readonly string[];
  readonly onDone: () => void;
}

type Asked = "tag" | "archive" | { readonly on: string; readonly name: string } | null;
type Action = Omit<BulkChange, "keys">;

const KEYS_MAX = 200;

/** What can be done to the chosen flags at once: one change, and one undo. */
export function BulkBar({ keys, onDone }: Props) {
  const { project, environments } = usePlace();
  const client = useQueryClient();
  const [asked, setAsked] = useState<Asked>(null);
  const refresh = async () => {
    await Promise.all(
      [flagsKey(project.key), ["flag", project.key], ["history"]].map((queryKey) =>
        client.invalidateQueries({ queryKey }),
      ),
    );
  };
  const flags = plural(keys.length, "flag");

  const change = async (action: Action, what: string) => {
    const written = await changeMany(project.key, { ...action, keys: [...keys] });
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
      (thrown: unknown) => announceProblem(refusals(thrown), "None of the flags was switched"),
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
                    <Menu.Item onClick={() => setAsked({ on: each.key, name: each.name })} {...guard}>
                      Turn on in {each.name}
                    </Menu.Item>
                  )}
                </Guarded>
              ))}
            </Menu.Dropdown>
          </Menu>
          <Guarded right="flag:archive">
            {(guard) => (
              <Button variant="default" size="xs" onClick={() => setAsked("archive")} {...guard}>
                Archive
              </Button>
            )}
          </Guarded>
        </>
      )}
      <Button variant="subtle" size="xs" onClick={onDone}>
        Choose none
      </Button>
      {asked === "tag" && <TagDialog flags={flags} onClose={() => setAsked(null)} onChange={change} />}
      <ConfirmDialog
        opened={asked === "archive"}
        onClose={() => setAsked(null)}
        title={`Archive ${flags}?`}
        confirm={`Archive ${flags}`}
        tone="danger"
        onConfirm={() => change({ action: "archive" }, `Archived ${flags}`).catch(rethrown)}
      >
        They serve their off variations from then on. All of them or none: one that something depends on is named.
      </ConfirmDialog>
      {typeof asked === "object" && asked !== null && (
        <ConfirmDialog
          opened
          onClose={() => setAsked(null)}
          title={`Turn on ${flags} in ${asked.name}?`}
          confirm={`Turn on in ${asked.name}`}
          onConfirm={() =>
            change(
              { action: "switch", environment: asked.on, enabled: true },
              `Turned on ${flags} in ${asked.name}`,
            ).catch(rethrown)
          }
        >
          Each serves what its rules say there. All of them or none.
        </ConfirmDialog>
      )}
    </section>
  );
}

interface TagProps {
  readonly flags: string;
  readonly onClose: () => void;
  readonly onChange: (action: Action, what: string) => Promise<void>;
}

function TagDialog({ flags, onClose, onChange }: TagProps) {
  const { project } = usePlace();
  const known = useQuery(flagFacetsQuery(project.key)).data?.tags ?? [];
  const [tags, setTags] = useState<string[]>([]);
  const [away, setAway] = useState(false);
  const what = away ? `Took ${tags.join(", ")} from ${flags}` : `Tagged ${flags} ${tags.join(", ")}`;
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={`Tag ${flags}`}
      confirm={away ? "Take tags away" : "Add tags"}
      incomplete={tags.length === 0 ? "It needs a tag" : ""}
      onSubmit={() => onChange({ action: "tag", ...(away ? { remove: tags } : { add: tags }) }, what).catch(rethrown)}
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

/** What refuses each flag stands in the message, not beside it. */
function refusals(thrown: unknown): Error {
  const problem = asProblem(thrown);
  const told = problem.fields.map((each) => `${each.field}: ${each.message}`).slice(0, 5);
  return told.length === 0 ? problem : new Error(`${problem.detail} ${told.join("; ")}`);
}

function rethrown(thrown: unknown): never {
  throw refusals(thrown);
}
