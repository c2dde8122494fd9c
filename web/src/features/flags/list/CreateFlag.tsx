import {
  Button,
  Checkbox,
  Group,
  Modal,
  NativeSelect,
  SegmentedControl,
  Stack,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem, type Problem } from "@/api/problem";
import { announce } from "@/components/announce";
import { EntityPicker } from "@/components/EntityPicker";
import { Failure } from "@/components/Failure";
import { undoOf } from "@/components/history/undo";
import { saidByForm } from "@/components/refusals/fields";
import { Refusals } from "@/components/refusals/Refusals";
import { capital } from "@/lib/format";
import { pagePath } from "@/lib/url";
import { flagChanged } from "../changed";
import { PURPOSES, TYPES } from "../filters";
import { emptyFlag, flagBody, keyOf, type NewFlagDraft, ofType } from "./new-flag";
import { createFlag, flagFacetsQuery } from "./queries";
import { VariationRows } from "./VariationRows";

interface Props {
  readonly onClose: () => void;
}

const PURPOSE_WORDS: Record<NewFlagDraft["purpose"], string> = {
  release: "Goes when what it releases is out for everybody.",
  experiment: "Goes when its experiment has been decided.",
  operational: "Stays: a switch for running the system.",
  permission: "Stays: decides who may do something.",
};

/** A flag is made off everywhere, so nobody sees a change before somebody says so. */
export function CreateFlag({ onClose }: Props) {
  const { project } = usePlace();
  const client = useQueryClient();
  const navigate = useNavigate();
  const tags = useQuery(flagFacetsQuery(project.key)).data?.tags ?? [];
  const [draft, setDraft] = useState(emptyFlag);
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const change = (part: Partial<NewFlagDraft>) => setDraft((before) => ({ ...before, ...part }));

  const create = async () => {
    const made = flagBody(draft);
    setProblem(null);
    setErrors("errors" in made ? made.errors : {});
    if ("errors" in made) return;
    setBusy(true);
    try {
      const written = await createFlag(project.key, made.body);
      const refresh = () => flagChanged(client, project.key, made.body.key);
      const subject = { project: project.key, kind: "flag", key: made.body.key } as const;
      announce(written, {
        what: `Created ${made.body.key}; it is off everywhere`,
        undo: undoOf(subject, written, refresh),
      });
      await refresh();
      await navigate({ to: pagePath(project.key, "flags", made.body.key) });
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Modal opened onClose={onClose} title="Create flag" size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <Refusals problem={problem}>
          <Stack gap="md">
            <TextInput
              label="Name"
              data-autofocus
              maxLength={200}
              value={draft.name}
              data-path="name"
              error={errors.name}
              onChange={(event) => change({ name: event.currentTarget.value })}
            />
            <TextInput
              label="Key"
              description="Code asks for it by this. It is never renamed."
              placeholder={keyOf(draft)}
              value={draft.key}
              data-path="key"
              error={errors.key}
              onChange={(event) => change({ key: event.currentTarget.value })}
            />
            <Stack gap={4}>
              <Text fw={500} id="new-flag-type">
                Type
              </Text>
              <SegmentedControl
                aria-labelledby="new-flag-type"
                data={TYPES.map((value) => ({ value, label: capital(value) }))}
                value={draft.type}
                onChange={(type) => change(ofType(TYPES.find((each) => each === type) ?? "boolean"))}
              />
            </Stack>
            <VariationRows draft={draft} errors={errors} onChange={change} />
            <NativeSelect
              label="Served while it is off"
              data={draft.variations.map((each) => each.key).filter((each) => each !== "")}
              value={draft.offVariation}
              data-path="off_variation"
              error={errors.off_variation}
              onChange={(event) => change({ offVariation: event.currentTarget.value })}
            />
            <Group grow align="flex-start">
              <NativeSelect
                label="Purpose"
                description={PURPOSE_WORDS[draft.purpose]}
                inputWrapperOrder={["label", "input", "description", "error"]}
                data={PURPOSES.map((value) => ({ value, label: capital(value) }))}
                value={draft.purpose}
                onChange={(event) =>
                  change({ purpose: PURPOSES.find((each) => each === event.currentTarget.value) ?? "release" })
                }
              />
              <TextInput
                type="date"
                label="Expected end"
                description="It is overdue from then on. Optional."
                inputWrapperOrder={["label", "input", "description", "error"]}
                value={draft.expectedEnd}
                data-path="expected_end"
                error={errors.expected_end}
                onChange={(event) => change({ expectedEnd: event.currentTarget.value })}
              />
            </Group>
            <Textarea
              label="Description"
              autosize
              minRows={2}
              value={draft.description}
              data-path="description"
              error={errors.description}
              onChange={(event) => change({ description: event.currentTarget.value })}
            />
            <Group grow align="flex-start">
              <TagsInput
                label="Tags"
                data={tags.map((each) => each.value)}
                value={draft.tags}
                maxTags={50}
                data-path="tags"
                error={errors.tags}
                onChange={(given) => change({ tags: given })}
              />
              <EntityPicker
                kind="member"
                label="Owner"
                data-path="owner"
                value={draft.owner}
                onChange={(owner) => change({ owner })}
              />
            </Group>
            <Checkbox
              label="Client keys may see its value"
              description="Browsers and phones get what it evaluates to, never its rules."
              checked={draft.clientVisible}
              onChange={(event) => change({ clientVisible: event.currentTarget.checked })}
            />
            {problem !== null && !saidByForm(problem) && <Failure problem={problem} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                Cancel
              </Button>
              <Button type="submit" loading={busy}>
                Create flag
              </Button>
            </Group>
          </Stack>
        </Refusals>
      </form>
    </Modal>
  );
}
