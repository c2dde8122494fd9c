import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { usePlace } from "@/api/place";
import { useRight } from "@/api/rights";
import { MEANWHILE, Meanwhile } from "@/components/concurrent/Meanwhile";
import { useSharedDraft } from "@/components/concurrent/use-shared-draft";
import { Refusals } from "@/components/refusals/Refusals";
import { EditReview } from "@/components/reviewing/EditReview";
import { LookOnly } from "@/components/rights/LookOnly";
import { SaveBar } from "@/components/SaveBar";
import { useRefused } from "@/components/use-refused";
import { type Experiment, experimentKey, useActions } from "../queries";
import styles from "../results/results.module.css";
import { DesignForm } from "./DesignForm";
import { changesInWords, designOf, PARTS, patchBody } from "./model";

/** What was designed, and what of it may still change. */
export function DesignTab({ experiment }: { experiment: Experiment }) {
  const { project, environment: current, environments } = usePlace();
  const environment = environments.find((each) => each.key === experiment.environment) ?? current;
  const client = useQueryClient();
  const right = useRight("experiment:update", experiment.environment);
  const actions = useActions(project.key, experiment.key);
  const stored = useMemo(() => designOf(experiment), [experiment]);
  const edited = useSharedDraft({
    stored,
    version: experiment.version,
    parts: PARTS,
    readBy: experimentKey(project.key, experiment.key),
    subject: { project: project.key, kind: "experiment", key: experiment.key },
  });
  const { draft, set, dirty, discard, base, version, moved } = edited;
  const [reviewing, setReviewing] = useState(false);
  const { fields, problem, refuse } = useRefused(draft);
  const words = dirty ? changesInWords(base, draft) : [];
  const patch = patchBody(base, draft, experiment);

  return (
    <>
      <Meanwhile edited={edited} />
      {started(experiment) && (
        <p className={styles.note}>
          It has started, so its analysis is fixed: texts, secondary metrics, further guardrails and more traffic may
          change. Other shares or another audience begin a new phase.
        </p>
      )}
      <LookOnly right="experiment:update" environment={experiment.environment} />
      <Refusals problem={problem}>
        <fieldset className={styles.plain} disabled={!right.allowed || experiment.archived}>
          <DesignForm
            design={draft}
            set={(change) => set((current) => ({ ...current, ...change }))}
            errors={Object.fromEntries(fields.map((each) => [each.field, each.message]))}
            created
            environment={experiment.environment}
          />
        </fieldset>
      </Refusals>
      <SaveBar
        changes={words}
        problem={problem}
        settleFirst={moved ? MEANWHILE : null}
        onReview={() => setReviewing(true)}
        onDiscard={discard}
      />
      {reviewing && (
        <EditReview
          title={`Change ${experiment.name}`}
          edit={{
            entity: "experiment",
            key: experiment.key,
            action: "update",
            document: { ...patch },
            base_version: version,
          }}
          environment={environment}
          words={words}
          before={base}
          after={draft}
          done={`Saved ${experiment.name}`}
          save={({ reason, choice }) => actions.change(patch, { version, reason, onExperiments: choice ?? undefined })}
          subject={edited.subject}
          refresh={() => client.invalidateQueries({ queryKey: ["experiments", project.key] })}
          onClose={() => setReviewing(false)}
          onSaved={edited.saved}
          onAsked={discard}
          onRefused={(fields, refusal) => {
            refuse(fields, refusal);
            if (refusal.status === 412) void edited.readAnew();
          }}
        />
      )}
    </>
  );
}

function started(experiment: Experiment): boolean {
  return experiment.status !== "draft" && experiment.status !== "scheduled";
}
