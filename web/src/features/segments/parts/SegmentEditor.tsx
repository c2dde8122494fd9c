import { Stack } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { usePlace } from "@/api/place";
import { useRight } from "@/api/rights";
import { AboutCard } from "@/components/AboutCard";
import { Card } from "@/components/Card";
import { ConditionEditor } from "@/components/ConditionEditor";
import { ConditionSentence } from "@/components/ConditionSentence";
import { MEANWHILE, Meanwhile } from "@/components/concurrent/Meanwhile";
import { useSharedDraft } from "@/components/concurrent/use-shared-draft";
import { segmentKeysQuery } from "@/components/queries";
import { Refusals } from "@/components/refusals/Refusals";
import { EditReview } from "@/components/reviewing/EditReview";
import { LookOnly } from "@/components/rights/LookOnly";
import { SaveBar } from "@/components/SaveBar";
import { useRefused } from "@/components/use-refused";
import { isObject } from "@/lib/json";
import { type Condition, conditionOf, inWords } from "@/lib/rules";
import { doubleKeys, draftOf, draftWords, PARTS, patchOf, type SegmentDraft, touchedWords } from "../model";
import { changeSegment, type Segment, segmentQuery, segmentsKey, segmentUsesQuery } from "../queries";
import classes from "../segments.module.css";
import { IsInIt } from "./IsInIt";
import { KeysEditor } from "./KeysEditor";
import { LongList } from "./LongList";
import { SizeEstimate } from "./SizeEstimate";

/** Who is in a segment: listed keys first, then a condition for everybody else. */
export function SegmentEditor({ segment }: { readonly segment: Segment }) {
  const { project, environment } = usePlace();
  const client = useQueryClient();
  const right = useRight("segment:update");
  const readOnly = !right.allowed || segment.archived;
  const stored = useMemo(() => draftOf(segmentDraft(segment)), [segment]);
  const edited = useSharedDraft({
    stored,
    version: segment.version,
    parts: PARTS,
    readBy: segmentQuery(project.key, segment.key).queryKey,
    subject: { project: project.key, kind: "segment", key: segment.key },
  });
  const { draft, set, discard, base, version, moved } = edited;
  const [reviewing, setReviewing] = useState(false);
  const { fields: refused, problem, refuse } = useRefused(draft);
  const uses = useQuery(segmentUsesQuery(project.key, segment.key)).data?.items ?? [];
  const segments = useQuery(segmentKeysQuery(project.key)).data;

  const words = draftWords(base, draft, conditionText);
  const double = doubleKeys(draft);
  const patch = patchOf(base, draft);
  const change = (part: Partial<SegmentDraft>) => set((before) => ({ ...before, ...part }));
  const error = (field: string) => refused.find((each) => each.field === field)?.message;
  const condition = conditionOf(draft.if);

  return (
    <div className={classes.columns}>
      <div className={classes.main}>
        {!segment.archived && <LookOnly right="segment:update" />}
        <Meanwhile edited={edited} />
        <Refusals problem={problem}>
          <Card
            title="Listed people"
            subtitle="Excluded keys are out, included ones are in, whatever the condition says."
          >
            <Stack gap="md">
              <KeysEditor
                label="Included"
                description="Always in it, unless they are excluded."
                field="included"
                keys={draft.included}
                error={double.length > 0 ? `In both lists: ${double.slice(0, 5).join(", ")}` : error("included")}
                readOnly={readOnly}
                onChange={(included) => change({ included })}
              />
              <KeysEditor
                label="Excluded"
                description="Never in it."
                field="excluded"
                keys={draft.excluded}
                error={error("excluded")}
                readOnly={readOnly}
                onChange={(excluded) => change({ excluded })}
              />
            </Stack>
          </Card>
          <Card
            title="Everybody else"
            subtitle="Whoever isn't listed is in it when this holds; without a condition nobody is."
          >
            {readOnly ? (
              condition === null ? (
                <p className={classes.dim}>There is no condition.</p>
              ) : (
                <ConditionSentence condition={condition} />
              )
            ) : (
              <ConditionEditor
                value={condition}
                onChange={(given: Condition | null) => change({ if: isObject(given) ? given : null })}
                segments={(segments ?? []).filter((each) => each !== segment.key)}
                errors={refused.filter((each) => each.field.startsWith("if"))}
              />
            )}
          </Card>
          <LongList segment={segment} />
          <AboutCard about={draft} readOnly={readOnly} error={error} onChange={change} />
        </Refusals>
      </div>
      <div className={classes.side}>
        <SizeEstimate segment={segment} />
        <IsInIt segment={segment} />
      </div>
      <SaveBar
        changes={double.length > 0 ? [`${double.length} keys are in both lists`] : words}
        problem={problem}
        settleFirst={moved ? MEANWHILE : null}
        onReview={() => double.length === 0 && setReviewing(true)}
        onDiscard={discard}
      />
      {reviewing && (
        <EditReview
          title={`Change segment ${segment.key}`}
          edit={{
            entity: "segment",
            key: segment.key,
            action: "update",
            document: { ...patch },
            base_version: version,
          }}
          environment={environment}
          words={words}
          before={base}
          after={draft}
          done={`Changed segment ${segment.key}`}
          touches={<p>{touchedWords(uses)} A segment is the same in every environment.</p>}
          save={({ reason, choice }) =>
            changeSegment(
              project.key,
              segment.key,
              version,
              { ...patch, ...(choice === null ? {} : { on_experiments: choice }) },
              reason,
            )
          }
          subject={edited.subject}
          refresh={() => client.invalidateQueries({ queryKey: segmentsKey(project.key) })}
          onClose={() => setReviewing(false)}
          onSaved={edited.saved}
          onAsked={discard}
          onRefused={(fields, refusal) => {
            refuse(fields, refusal);
            if (refusal.status === 412) void edited.readAnew();
          }}
        />
      )}
    </div>
  );
}

function conditionText(document: unknown): string {
  const condition = conditionOf(document);
  return condition === null ? JSON.stringify(document) : inWords(condition);
}

function segmentDraft(segment: Segment): SegmentDraft {
  const condition: unknown = segment.if;
  return {
    name: segment.name,
    description: segment.description,
    tags: segment.tags,
    owner: segment.owner,
    included: segment.included,
    excluded: segment.excluded,
    if: isObject(condition) ? condition : null,
  };
}
