import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem } from "@/api/problem";
import { announce } from "@/components/announce";
import { Failure } from "@/components/Failure";
import { Guarded } from "@/components/Guarded";
import { undoOf } from "@/components/history/undo";
import { PageHeader } from "@/components/PageHeader";
import { saidByForm } from "@/components/refusals/fields";
import { Refusals } from "@/components/refusals/Refusals";
import { useDraft } from "@/components/use-draft";
import { useRefused } from "@/components/use-refused";
import { useKeys } from "@/lib/keyboard";
import { pagePath } from "@/lib/url";
import { DesignForm } from "../designer/DesignForm";
import { createBody, EMPTY, missing } from "../designer/model";
import { createExperiment } from "../queries";

/** A new experiment is a draft first: nobody is exposed before it is started. */
export default function DesignPage() {
  const { project, environment } = usePlace();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { draft, set, discard } = useDraft(EMPTY);
  const { fields, problem, refuse } = useRefused(draft);
  const [busy, setBusy] = useState(false);
  const [asked, setAsked] = useState(false);
  const open = missing(draft);
  const refresh = () => client.invalidateQueries({ queryKey: ["experiments", project.key] });
  const create = async () => {
    setAsked(true);
    if (open.length > 0 || busy) return;
    setBusy(true);
    try {
      const written = await createExperiment(project.key, createBody(draft, environment.key));
      await refresh();
      discard();
      const subject = { project: project.key, kind: "experiment", key: written.data.key } as const;
      announce(written, {
        what: `Saved ${written.data.name} as a draft`,
        undo: undoOf(subject, written, refresh),
      });
      await navigate({ to: pagePath(project.key, "experiments", written.data.key, "design"), ignoreBlocker: true });
    } catch (thrown) {
      const refused = asProblem(thrown);
      refuse(refused.fields, refused);
    } finally {
      setBusy(false);
    }
  };
  useKeys({ "mod+s": () => void create() });
  const refused = Object.fromEntries(fields.map((each) => [each.field, each.message]));
  const own = asked ? Object.fromEntries(open.map((each) => [each.field, each.text])) : {};
  return (
    <>
      <PageHeader
        back={{ label: "Experiments", to: pagePath(project.key, "experiments") }}
        title="New experiment"
        subtitle={`In ${environment.name}. It is saved as a draft: nobody is exposed before it is started.`}
        actions={
          <Guarded right="experiment:create" environment={environment.key}>
            {(guard) => (
              <Button loading={busy} onClick={() => void create()} {...guard}>
                Save the draft
              </Button>
            )}
          </Guarded>
        }
      />
      {problem !== null && !saidByForm(problem) && <Failure problem={problem} />}
      <Refusals problem={problem}>
        <DesignForm
          design={draft}
          set={(change) => set((current) => ({ ...current, ...change }))}
          errors={{ ...own, ...refused }}
          created={false}
          environment={environment.key}
        />
      </Refusals>
    </>
  );
}
