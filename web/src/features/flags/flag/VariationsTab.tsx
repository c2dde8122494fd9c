import { Button, Checkbox, NativeSelect } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem } from "@/api/problem";
import { useRight } from "@/api/rights";
import { announce } from "@/components/announce";
import { Card } from "@/components/Card";
import { MEANWHILE, Meanwhile } from "@/components/concurrent/Meanwhile";
import { useSharedDraft } from "@/components/concurrent/use-shared-draft";
import type { Subject } from "@/components/history/queries";
import { undoOf } from "@/components/history/undo";
import { Icon } from "@/components/Icon";
import { Review } from "@/components/Review";
import { Refusals } from "@/components/refusals/Refusals";
import { LookOnly } from "@/components/rights/LookOnly";
import { SaveBar } from "@/components/SaveBar";
import { ServeEditor } from "@/components/ServeEditor";
import { useRefused } from "@/components/use-refused";
import { same } from "@/lib/json";
import { listBy, type Parts } from "@/lib/merge";
import { differenceInWords, inColourOrder, type Serve, serveOf } from "@/lib/rules";
import { flagChanged } from "../changed";
import classes from "./flag.module.css";
import { changeFlag, type Flag, type FlagPatch, flagQuery, type Variation } from "./queries";
import { emptyOf, VariationRow } from "./VariationRow";

interface FlagDraft {
  variations: Variation[];
  off_variation: string;
  default: Serve;
  client_visible: boolean;
}

const PARTS: Parts<FlagDraft> = { variations: listBy("key") };

const draftOf = (flag: Flag): FlagDraft => ({
  variations: flag.variations.map((each) => ({ ...each })),
  off_variation: flag.off_variation,
  default: serveOf(flag.default) ?? { variation: flag.off_variation },
  client_visible: flag.client_visible,
});

/** What the flag can be, the same in every environment. */
export function VariationsTab({ flag }: { readonly flag: Flag }) {
  const { project, environment, environments } = usePlace();
  const client = useQueryClient();
  const saved = useMemo(() => draftOf(flag), [flag]);
  const subject: Subject = { project: project.key, kind: "flag", key: flag.key };
  const edited = useSharedDraft({
    stored: saved,
    version: flag.version,
    parts: PARTS,
    readBy: flagQuery(project.key, flag.key).queryKey,
    publishedIn: { project: project.key, environment: environment.key },
    subject,
  });
  const { draft, set, dirty, discard, base, version, moved } = edited;
  const { allowed } = useRight("flag:update");
  const [reviewing, setReviewing] = useState(false);
  const { fields: errors, problem, refuse } = useRefused(draft);
  const editable = allowed && !flag.archived;
  const words = dirty ? differenceInWords({ ...base }, { ...draft }) : [];
  const change = (part: Partial<FlagDraft>) => set((before) => ({ ...before, ...part }));
  const refresh = () => flagChanged(client, project.key, flag.key);
  const save = async ({ reason }: { readonly reason: string }) => {
    const names = ["variations", "off_variation", "default", "client_visible"] as const;
    const body: FlagPatch = Object.fromEntries(
      names.filter((name) => !same(base[name], draft[name])).map((name) => [name, draft[name]]),
    );
    try {
      const written = await changeFlag(project.key, flag.key, version, body, reason);
      announce(written, {
        what: `Saved the variations of ${flag.key}`,
        undo: undoOf(subject, written, refresh),
      });
      edited.saved(written.data.version);
    } catch (thrown) {
      const refused = asProblem(thrown);
      if (refused.status === 412) void edited.readAnew();
      if (refused.status !== 412 && refused.fields.length === 0) throw thrown;
      refuse(refused.fields, refused);
    }
    await refresh();
  };
  return (
    <div className={classes.main}>
      {!flag.archived && <LookOnly right="flag:update" />}
      <Meanwhile edited={edited} />
      <Refusals problem={problem}>
        <Card title="Variations" subtitle={`Type: ${flag.type}. Every environment has the same.`}>
          <ul className={classes.rows}>
            {draft.variations.map((each, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the key is what is edited
              <li key={index}>
                <VariationRow
                  variation={each}
                  index={index}
                  colour={inColourOrder(draft.variations, draft.off_variation).indexOf(each)}
                  type={flag.type}
                  editable={editable}
                  fresh={!base.variations.some((one) => one.key === each.key)}
                  errors={errors}
                  onChange={(changed) => change({ variations: draft.variations.with(index, changed) })}
                  onRemove={() => change({ variations: draft.variations.toSpliced(index, 1) })}
                />
              </li>
            ))}
          </ul>
          {editable && flag.type !== "boolean" && (
            <Button
              mt="sm"
              variant="default"
              size="compact-sm"
              leftSection={<Icon name="plus" />}
              onClick={() =>
                change({ variations: [...draft.variations, { key: "", name: "", value: emptyOf(flag.type) }] })
              }
            >
              Add variation
            </Button>
          )}
        </Card>
        <Card title="Unless an environment says otherwise">
          <ServeEditor
            label="Serve by default"
            serve={draft.default}
            from={base.default}
            onChange={(serve) => change({ default: serve })}
            variations={inColourOrder(draft.variations, draft.off_variation)}
            errors={errors}
            path="default"
          />
          <NativeSelect
            mt="md"
            maw={320}
            size="xs"
            label="While it is off, serve"
            data-path="off_variation"
            disabled={!editable}
            data={draft.variations.map((each) => ({ value: each.key, label: each.name || each.key }))}
            value={draft.off_variation}
            onChange={(event) => change({ off_variation: event.currentTarget.value })}
          />
          <Checkbox
            mt="md"
            label="Client keys see it"
            description="Browsers and phones may read its value. Rules stay here."
            disabled={!editable}
            checked={draft.client_visible}
            onChange={(event) => change({ client_visible: event.currentTarget.checked })}
          />
        </Card>
      </Refusals>
      <SaveBar
        changes={words}
        problem={problem}
        settleFirst={moved ? MEANWHILE : null}
        onReview={() => setReviewing(true)}
        onDiscard={discard}
      />
      {reviewing && (
        <Review
          opened
          onClose={() => setReviewing(false)}
          words={words}
          before={base}
          after={draft}
          warnings={[`This changes ${flag.key} in all ${environments.length} environments.`]}
          reasonDemanded={environments.some((each) => each.reason_required)}
          mode="save"
          onSubmit={save}
        />
      )}
    </div>
  );
}
