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
import { createBody, EMPTY } from "../model";
import { MetricFields } from "../parts/MetricFields";
import { createMetric } from "../queries";

export default function NewMetricPage() {
  const { project } = usePlace();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { draft, set, discard } = useDraft(EMPTY);
  const { fields, problem, refuse } = useRefused(draft);
  const [busy, setBusy] = useState(false);
  const refresh = () => client.invalidateQueries({ queryKey: ["metrics", project.key] });
  const create = async () => {
    if (busy) return;
    setBusy(true);
    try {
      const written = await createMetric(project.key, createBody(draft));
      await refresh();
      discard();
      const subject = { project: project.key, kind: "metric", key: written.data.key } as const;
      announce(written, {
        what: `Defined ${written.data.name}`,
        undo: undoOf(subject, written, refresh),
      });
      await navigate({ to: pagePath(project.key, "metrics", written.data.key), ignoreBlocker: true });
    } catch (thrown) {
      const refused = asProblem(thrown);
      refuse(refused.fields, refused);
    } finally {
      setBusy(false);
    }
  };
  useKeys({ "mod+s": () => void create() });
  return (
    <>
      <PageHeader
        back={{ label: "Metrics", to: pagePath(project.key, "metrics") }}
        title="New metric"
        actions={
          <Guarded right="metric:create">
            {(guard) => (
              <Button loading={busy} onClick={() => void create()} {...guard}>
                Define the metric
              </Button>
            )}
          </Guarded>
        }
      />
      {problem !== null && !saidByForm(problem) && <Failure problem={problem} />}
      <Refusals problem={problem}>
        <MetricFields
          form={draft}
          set={(change) => set((current) => ({ ...current, ...change }))}
          errors={Object.fromEntries(fields.map((each) => [each.field, each.message]))}
          created={false}
        />
      </Refusals>
    </>
  );
}
