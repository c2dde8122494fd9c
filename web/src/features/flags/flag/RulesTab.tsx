import { Alert, Anchor, Checkbox, NativeSelect, SegmentedControl, TagsInput, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { usePlace } from "@/api/place";
import type { FieldProblem, Problem } from "@/api/problem";
import { useRight } from "@/api/rights";
import { useAttributes } from "@/components/attributes/use-attributes";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { QueryView } from "@/components/QueryView";
import { RuleList } from "@/components/RuleList";
import { SaveBar } from "@/components/SaveBar";
import { ServeEditor } from "@/components/ServeEditor";
import { useDraft } from "@/components/use-draft";
import { useRefused } from "@/components/use-refused";
import { useKeys } from "@/lib/keyboard";
import {
  alike,
  inColourOrder,
  isBlank,
  type SeenAttribute,
  type Serve,
  servedInWords,
  serveOf,
  valueAt,
} from "@/lib/rules";
import { pagePath } from "@/lib/url";
import { Conflicts } from "./Conflicts";
import { DraftAsJson } from "./DraftAsJson";
import { EnvironmentTools } from "./EnvironmentTools";
import classes from "./flag.module.css";
import { Impact } from "./Impact";
import { draftOf, patchOf, type SettingsDraft, wordsOf } from "./model";
import { Prerequisites } from "./Prerequisites";
import { type At, type Flag, publicationQuery, type Settings, segmentKeysQuery, settingsQuery } from "./queries";
import { SettingsReview } from "./SettingsReview";
import { Targets } from "./Targets";
import { usePreview } from "./use-preview";

/** What the flag does in the environment of the top bar. */
export function RulesTab({ flag }: { readonly flag: Flag }) {
  const { project, environment } = usePlace();
  const at: At = { project: project.key, key: flag.key, environment: environment.key };
  const settings = useQuery(settingsQuery(at));
  useMoved(at);
  return (
    <QueryView query={settings} part>
      {(stored) => <Loaded key={environment.key} flag={flag} at={at} stored={stored} />}
    </QueryView>
  );
}

/** Reads anew when the environment has another version. */
function useMoved(at: At) {
  const client = useQueryClient();
  const version = useQuery(publicationQuery(at.project, at.environment)).data?.version;
  const seen = useRef(version);
  useEffect(() => {
    if (seen.current !== undefined && version !== undefined && seen.current !== version)
      void client.invalidateQueries({ queryKey: ["flag", at.project, at.key] });
    seen.current = version;
  }, [client, version, at.project, at.key]);
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
  const { draft, set, dirty, discard, base, moved, rebase } = useDraft(saved);
  const version = useRef(stored.version);
  if (!moved) version.current = stored.version;
  const { allowed, reason } = useRight("flag:update", at.environment);
  const { allowed: mayPropose } = useRight("change:propose", at.environment);
  const attributes = useAttributes(at.project, at.environment);
  const segments = useQuery(segmentKeysQuery(at.project)).data;
  const [asJson, setAsJson] = useState(false);
  const [reviewing, setReviewing] = useState(false);
  // What a save was refused for stands until the draft is another one; then the preview says what is still wrong.
  const { fields: refused, refuse } = useRefused(draft);
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
    if (problem.status === 412) return;
    refuse(fields, problem);
    const [first] = fields;
    if (first !== undefined) setGoTo({ path: first.field });
  };
  return (
    <>
      <div className={classes.columns}>
        <div className={classes.main}>
          {!editable && !flag.archived && <Text c="dimmed">You can look at this. {reason}.</Text>}
          {moved && <Conflicts at={at} base={base} mine={draft} theirs={saved} onRebase={rebase} onDiscard={discard} />}
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
      <SaveBar changes={words} onReview={() => setReviewing(true)} onDiscard={discard} />
      {reviewing && patch !== null && (
        <SettingsReview
          at={at}
          environment={environment}
          version={version.current}
          patch={patch}
          words={words}
          before={base}
          after={draft}
          title={`${flag.key} in ${environment.name}: ${words[0] ?? "change"}`.slice(0, 200)}
          done={`Saved ${flag.key} in ${environment.name}`}
          onClose={() => setReviewing(false)}
          onSaved={() => {
            setReviewing(false);
            discard();
          }}
          onRefused={onRefused}
        />
      )}
    </>
  );
}

/** Longer addresses are cut off somewhere on their way. */
const ADDRESS_LENGTH_MAX = 6_000;

/** Beside the draft, which stays as it is. */
function TestDraft({ at, patch }: { readonly at: At; readonly patch: Partial<SettingsDraft> }) {
  const search = new URLSearchParams({ env: at.environment, flag: at.key, draft: JSON.stringify(patch) });
  const address = `${pagePath(at.project, "test")}?${search}`;
  if (address.length > ADDRESS_LENGTH_MAX) return null;
  return (
    <Anchor href={address} target="_blank" size="sm">
      Test this draft in a new tab
    </Anchor>
  );
}

/** All that was refused, each leading to its control. */
function Refused({
  errors,
  onGo,
}: {
  readonly errors: readonly FieldProblem[];
  readonly onGo: (path: string) => void;
}) {
  return (
    <Alert color="red" variant="light" role="alert" title="This can't be saved yet">
      <ul className={classes.refused}>
        {errors.map((each) => (
          <li key={`${each.field} ${each.code}`}>
            <Anchor component="button" type="button" onClick={() => onGo(each.field)}>
              <code>{each.field}</code>
            </Anchor>
            : {each.message}
          </li>
        ))}
      </ul>
    </Alert>
  );
}

interface SentencesProps {
  readonly flag: Flag;
  readonly at: At;
  readonly draft: SettingsDraft;
  readonly saved: SettingsDraft;
  readonly change: ((part: Partial<SettingsDraft>) => void) | undefined;
  readonly attributes: readonly SeenAttribute[] | undefined;
  readonly segments: readonly string[] | undefined;
  readonly errors: readonly FieldProblem[];
  readonly goTo: { path: string } | null;
}

function Sentences({ flag, at, draft, saved, change, attributes, segments, errors, goTo }: SentencesProps) {
  const variations = inColourOrder(flag.variations, flag.off_variation);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (goTo === null || goTo.path.startsWith("rules[")) return;
    const all = [...(box.current?.querySelectorAll<HTMLElement>("[data-path]") ?? [])];
    const exact = all.find((each) => each.dataset.path === goTo.path);
    (exact ?? all.find((each) => each.dataset.path?.startsWith(goTo.path)))?.focus();
  }, [goTo]);
  return (
    <div className={classes.main} ref={box}>
      <Card title="Rules" subtitle="From the top; the first that matches decides.">
        <RuleList
          rules={draft.rules}
          saved={saved.rules}
          onChange={change === undefined ? undefined : (rules) => change({ rules })}
          variations={variations}
          attributes={attributes}
          segments={segments}
          errors={errors}
          goTo={goTo}
        />
      </Card>
      <DefaultCard flag={flag} draft={draft} saved={saved} change={change} attributes={attributes} errors={errors} />
      <Card title="Individual targets" subtitle="Single targeting keys, before all rules.">
        <Targets
          value={draft.targets}
          onChange={change === undefined ? undefined : (targets) => change({ targets })}
          variations={variations}
          errors={errors}
        />
      </Card>
      <Card title="Prerequisites" subtitle="What other flags must serve first, else the off variation.">
        <Prerequisites
          project={at.project}
          flag={flag.key}
          value={draft.prerequisites}
          onChange={change === undefined ? undefined : (prerequisites) => change({ prerequisites })}
          errors={errors}
        />
      </Card>
      <Card title="Exposures" subtitle="Whether edges report who was served what.">
        <Checkbox
          label="Report remote evaluations as exposures"
          checked={draft.report_exposures}
          disabled={change === undefined}
          onChange={(event) => change?.({ report_exposures: event.currentTarget.checked })}
        />
        {(draft.report_exposures || draft.exposure_attributes.length > 0) && (
          <TagsInput
            mt="sm"
            label="Attributes that they carry"
            description="Results by segment and previews know units by these."
            data={(attributes ?? []).map((each) => each.name)}
            maxTags={20}
            disabled={change === undefined}
            value={draft.exposure_attributes}
            onChange={(exposure_attributes) => change?.({ exposure_attributes })}
          />
        )}
      </Card>
    </div>
  );
}

type DefaultProps = Pick<SentencesProps, "flag" | "draft" | "saved" | "change" | "attributes" | "errors">;

/** What everybody else gets, and what is served while the flag is off; both may follow the flag. */
function DefaultCard({ flag, draft, saved, change, attributes, errors }: DefaultProps) {
  const own = serveOf(flag.default) ?? { variation: flag.off_variation };
  const served: Serve = draft.default ?? own;
  const name = (key: string) => flag.variations.find((each) => each.key === key)?.name || key;
  const put = (serve: Serve) => change?.({ default: serve });
  return (
    <Card
      title="Everybody else"
      actions={
        draft.default === null ? <Badge>as the flag says</Badge> : <Badge tone="info">of this environment</Badge>
      }
    >
      {change === undefined ? (
        <Text>Serve {servedInWords(served, name)}.</Text>
      ) : (
        <ServeEditor
          label="Serve"
          serve={served}
          from={saved.default ?? own}
          onChange={put}
          variations={inColourOrder(flag.variations, flag.off_variation)}
          attributes={attributes}
          errors={errors}
          path="default"
        />
      )}
      {change !== undefined && draft.default !== null && !alike(draft.default, own) && (
        <Anchor component="button" type="button" size="xs" mt="xs" onClick={() => change({ default: null })}>
          Take the flag's own default: {servedInWords(own, name)}
        </Anchor>
      )}
      <NativeSelect
        mt="md"
        maw={320}
        size="xs"
        label="While it is off, serve"
        data-path="off_variation"
        disabled={change === undefined}
        data={[
          { value: "", label: `${name(flag.off_variation)} (as the flag says)` },
          ...flag.variations.map((each) => ({ value: each.key, label: each.name || each.key })),
        ]}
        value={draft.off_variation ?? ""}
        onChange={(event) => change?.({ off_variation: event.currentTarget.value || null })}
      />
    </Card>
  );
}
