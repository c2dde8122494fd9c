import { Alert, SegmentedControl } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { usePlace } from "@/api/place";
import type { FieldProblem, Problem } from "@/api/problem";
import { useRight } from "@/api/rights";
import { useAttributes } from "@/components/attributes/use-attributes";
import { MEANWHILE, Meanwhile } from "@/components/concurrent/Meanwhile";
import { useSharedDraft } from "@/components/concurrent/use-shared-draft";
import { QueryView } from "@/components/QueryView";
import { segmentKeysQuery } from "@/components/queries";
import { Refused } from "@/components/refusals/Refused";
import { EditReview } from "@/components/reviewing/EditReview";
import { Impact } from "@/components/reviewing/Impact";
import { LookOnly } from "@/components/rights/LookOnly";
import { SaveBar } from "@/components/SaveBar";
import { useRefused } from "@/components/use-refused";
import { useKeys } from "@/lib/keyboard";
import { isBlank, valueAt } from "@/lib/rules";
import { flagChanged } from "../changed";
import { DraftAsJson } from "./DraftAsJson";
import { EnvironmentTools } from "./EnvironmentTools";
import classes from "./flag.module.css";
import { draftOf, PARTS, patchOf, type SettingsDraft, wordsOf } from "./model";
import { type At, changeSettings, type Flag, type Settings, settingsQuery } from "./queries";
import { Sentences } from "./Sentences";
import { TestDraft } from "./TestDraft";
import { settingsEdit, usePreview } from "./use-preview";

/** What the flag does in the environment of the top bar. */
export function RulesTab({ flag }: { readonly flag: Flag }) {
  const { project, environment } = usePlace();
  const at: At = { project: project.key, key: flag.key, environment: environment.key };
  const settings = useQuery(settingsQuery(at));
  return (
    <QueryView query={settings} part>
      {(stored) => <Loaded key={environment.key} flag={flag} at={at} stored={stored} />}
    </QueryView>
  );
}

interface LoadedProps {
  readonly flag: Flag;
  readonly at: At;
  readonly stored: Settings;
}

function Loaded({ flag, at, stored }: LoadedProps) {
  const saved = useMemo(() => draftOf(stored), [stored]);
  if (saved === null) {
    return (
      <Alert color="yellow" variant="light" title="Written in an older form">
        These rules were written in a form that can be read as JSON only.
        <pre className={classes.code}>{JSON.stringify(stored.rules, null, 2)}</pre>
      </Alert>
    );
  }
  return <Editor flag={flag} at={at} stored={stored} saved={saved} />;
}

function Editor({ flag, at, stored, saved }: LoadedProps & { readonly saved: SettingsDraft }) {
  const { environment } = usePlace();
  const client = useQueryClient();
  const edited = useSharedDraft({
    stored: saved,
    version: stored.version,
    parts: PARTS,
    readBy: settingsQuery(at).queryKey,
    publishedIn: at,
    subject: { kind: "flag_settings", ...at },
  });
  const { draft, set, dirty, discard, base, version, moved } = edited;
  const { allowed } = useRight("flag:update", at.environment);
  const { allowed: mayPropose } = useRight("change:propose", at.environment);
  const attributes = useAttributes(at.project, at.environment);
  const segments = useQuery(segmentKeysQuery(at.project)).data;
  const [asJson, setAsJson] = useState(false);
  const [reviewing, setReviewing] = useState(false);
  // What a save was refused for stands until the draft is another one; then the preview says what is still wrong.
  const { fields: refused, problem, refuse } = useRefused(draft);
  const [goTo, setGoTo] = useState<{ path: string } | null>(null);
  const patch = useMemo(() => (dirty ? patchOf(base, draft) : null), [dirty, base, draft]);
  const seen = usePreview(at, patch);
  const editable = (allowed || mayPropose) && !flag.archived;
  const words = useMemo(
    () => (dirty ? wordsOf(base, draft, { default: flag.default, off_variation: flag.off_variation }) : []),
    [dirty, base, draft, flag],
  );
  // What is blank is still being written: only a save complains of it.
  const unripe = (path: string) => isBlank(valueAt(draft, path));
  const errors = refused.length > 0 ? refused : seen.refused.filter((each) => !unripe(each.field));
  useKeys({ e: () => setGoTo({ path: draft.rules.length > 0 ? "rules[0].if" : "off_variation" }) }, editable);
  const change = editable ? (part: Partial<SettingsDraft>) => set((before) => ({ ...before, ...part })) : undefined;
  const onRefused = (fields: readonly FieldProblem[], problem: Problem) => {
    setReviewing(false);
    refuse(fields, problem);
    if (problem.status === 412) void edited.readAnew();
    const [first] = fields;
    if (first !== undefined) setGoTo({ path: first.field });
  };
  return (
    <>
      <div className={classes.columns}>
        <div className={classes.main}>
          {!editable && !flag.archived && <LookOnly right="flag:update" environment={at.environment} />}
          <Meanwhile edited={edited} />
          {errors.length > 0 && <Refused errors={errors} onGo={(path) => setGoTo({ path })} />}
          <SegmentedControl
            size="xs"
            w="max-content"
            aria-label="Show as"
            data={[
              { value: "sentences", label: "Sentences" },
              { value: "json", label: "JSON" },
            ]}
            value={asJson ? "json" : "sentences"}
            onChange={(chosen) => setAsJson(chosen === "json")}
          />
          {asJson ? (
            <DraftAsJson draft={draft} onChange={change === undefined ? undefined : set} />
          ) : (
            <Sentences
              flag={flag}
              at={at}
              draft={draft}
              saved={base}
              change={change}
              attributes={attributes}
              segments={segments}
              errors={errors}
              goTo={goTo}
            />
          )}
        </div>
        <aside className={classes.side}>
          {dirty && seen.allowed && <Impact preview={seen.preview} error={seen.error} waiting={seen.waiting} />}
          {patch !== null && <TestDraft at={at} patch={patch} />}
          <EnvironmentTools flag={flag} />
        </aside>
      </div>
      <SaveBar
        changes={words}
        problem={refused.length > 0 ? null : problem}
        settleFirst={moved ? MEANWHILE : null}
        onReview={() => setReviewing(true)}
        onDiscard={discard}
      />
      {reviewing && patch !== null && (
        <EditReview
          title={`${flag.key} in ${environment.name}: ${words[0] ?? "change"}`}
          edit={{ ...settingsEdit(at, patch), base_version: version }}
          environment={environment}
          words={words}
          before={base}
          after={draft}
          done={`Saved ${flag.key} in ${environment.name}`}
          save={({ reason, choice }) =>
            changeSettings(at, version, { ...patch, ...(choice === null ? {} : { on_experiments: choice }) }, reason)
          }
          subject={edited.subject}
          refresh={() => flagChanged(client, at.project, at.key)}
          onClose={() => setReviewing(false)}
          onSaved={(written) => {
            setReviewing(false);
            edited.saved(written);
          }}
          onAsked={discard}
          onRefused={onRefused}
        />
      )}
    </>
  );
}
