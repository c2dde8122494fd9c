import { useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem, type Problem } from "@/api/problem";
import { useRight } from "@/api/rights";
import { announce } from "@/components/announce";
import { Review } from "@/components/Review";
import { SaveBar } from "@/components/SaveBar";
import { useDraft } from "@/components/use-draft";
import { Affected } from "../actions/Affected";
import { useApproval } from "../actions/use-approval";
import { type Experiment, type OnExperiments, useActions } from "../queries";
import styles from "../results/results.module.css";
import { DesignForm } from "./DesignForm";
import { changesInWords, designOf, patchBody } from "./model";

/** What was designed, and what of it may still change. */
export function DesignTab({ experiment }: { experiment: Experiment }) {
  const { project } = usePlace();
  const right = useRight("experiment:update", experiment.environment);
  const actions = useActions(project.key, experiment.key);
  const approval = useApproval(project.key);
  const { draft, set, dirty, discard, base } = useDraft(designOf(experiment));
  const [opened, setOpened] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [onExperiments, setOnExperiments] = useState<OnExperiments | undefined>();
  const words = dirty ? changesInWords(base, draft) : [];
  const patch = patchBody(base, draft, experiment);

  const save = async ({ reason }: { reason: string }) => {
    try {
      const written = await approval.orRequest(
        () => actions.change(patch, { version: experiment.version, reason, onExperiments }),
        {
          title: `Change ${experiment.name}`,
          edits: [
            {
              entity: "experiment",
              key: experiment.key,
              action: "update",
              document: { ...patch },
              base_version: experiment.version,
            },
          ],
          reason,
        },
      );
      setProblem(null);
      discard();
      if (written) announce(written, { what: `Saved ${experiment.name}` });
    } catch (thrown) {
      setProblem(asProblem(thrown));
      throw thrown;
    }
  };

  return (
    <>
      {started(experiment) && (
        <p className={styles.reason}>
          It has started, so its analysis is fixed: texts, secondary metrics, further guardrails and more traffic may
          change. Other shares or another audience begin a new phase.
        </p>
      )}
      {!right.allowed && <p className={styles.reason}>{right.reason}.</p>}
      <fieldset className={styles.plain} disabled={!right.allowed || experiment.archived}>
        <DesignForm
          design={draft}
          set={(change) => set((current) => ({ ...current, ...change }))}
          errors={Object.fromEntries((problem?.fields ?? []).map((each) => [each.field, each.message]))}
          created
          environment={experiment.environment}
        />
      </fieldset>
      <SaveBar changes={words} problem={opened ? null : problem} onReview={() => setOpened(true)} onDiscard={discard} />
      <Review
        opened={opened}
        onClose={() => setOpened(false)}
        words={words}
        before={designOf(experiment)}
        after={draft}
        reasonDemanded={onExperiments === "accept"}
        mode={approval.needed ? "request" : "save"}
        choices={
          approval.affected !== null ? (
            <Affected problem={approval.affected} value={onExperiments} onChange={setOnExperiments} />
          ) : undefined
        }
        onSubmit={save}
      />
    </>
  );
}

function started(experiment: Experiment): boolean {
  return experiment.status !== "draft" && experiment.status !== "scheduled";
}
