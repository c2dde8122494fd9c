import { Alert, Button } from "@mantine/core";
import { usePlace } from "@/api/place";
import { Empty } from "@/components/Empty";
import { Icon } from "@/components/Icon";
import { QueryView } from "@/components/QueryView";
import { absoluteTime } from "@/lib/format";
import { useSearchState } from "@/lib/url";
import { ShipAction } from "../actions/ShipAction";
import type { Experiment } from "../queries";
import { ProvenanceBar } from "./ProvenanceBar";
import { type Asked, type Result, useResults, useSnapshot } from "./queries";
import { ResultsView } from "./ResultsView";
import styles from "./results.module.css";
import { type ResultsSearch, resultsSearch, type SetResultsSearch } from "./search";

/** Results as they are, as they were at a moment, or as they were stored. */
export function ResultsTab({ experiment }: { experiment: Experiment }) {
  const { project } = usePlace();
  const [search, set] = useSearchState(resultsSearch);
  const asked: Asked = {
    project: project.key,
    environment: experiment.environment,
    experiment: experiment.key,
    phase: search.phase,
    asOf: search.as_of,
  };
  if (experiment.start_at === null) {
    return (
      <Empty
        title="There are no results before it starts"
        text="Once it runs, counts and health are here within seconds, and readings as its plan allows."
      />
    );
  }
  if (search.snapshot !== undefined)
    return <Stored asked={asked} snapshot={search.snapshot} search={search} set={set} />;
  return <Live asked={asked} experiment={experiment} search={search} set={set} />;
}

interface Props {
  asked: Asked;
  search: ResultsSearch;
  set: SetResultsSearch;
}

function Live({ asked, experiment, search, set }: Props & { experiment: Experiment }) {
  const results = useResults(asked);
  return (
    <QueryView query={results} part>
      {(result: Result) => (
        <div className={styles.stack}>
          <ProvenanceBar asked={asked} result={result} busy={results.isFetching} search={search} set={set} />
          <ResultsView
            asked={asked}
            result={result}
            search={search}
            set={set}
            action={(decision) =>
              search.as_of === undefined && search.phase === undefined ? (
                <ShipAction experiment={experiment} result={result} decision={decision} />
              ) : null
            }
          />
        </div>
      )}
    </QueryView>
  );
}

function Stored({ asked, snapshot, search, set }: Props & { snapshot: string }) {
  const stored = useSnapshot(asked, snapshot);
  return (
    <QueryView query={stored} part>
      {(result: Result) => (
        <div className={styles.stack}>
          <Alert
            color="blue"
            variant="light"
            icon={<Icon name="history" />}
            title={`Results as stored ${absoluteTime(result.computed_at)}`}
          >
            Engine {result.engine_version}.{" "}
            <Button size="compact-xs" variant="default" onClick={() => set({ snapshot: undefined }, { push: true })}>
              Show the present results
            </Button>
          </Alert>
          <ResultsView asked={asked} result={result} search={search} set={set} stored action={() => null} />
        </div>
      )}
    </QueryView>
  );
}
