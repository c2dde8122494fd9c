import { Button, Radio, SegmentedControl, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { z } from "zod";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { Card } from "@/components/Card";
import { Diff } from "@/components/Diff";
import { Guarded } from "@/components/Guarded";
import {
  historyQuery,
  restoreVersion,
  type Subject,
  undoChange,
  type Version,
  versionQuery,
} from "@/components/history/queries";
import { QueryView } from "@/components/QueryView";
import { Review } from "@/components/Review";
import { Time } from "@/components/Time";
import { differenceInWords } from "@/lib/rules";
import { useSearchState } from "@/lib/url";
import { flagChanged } from "../changed";
import classes from "./flag.module.css";
import type { Flag } from "./queries";

const search = z.object({
  of: z.enum(["settings", "flag"]).default("settings"),
  from: z.coerce.number().int().positive().optional(),
  to: z.coerce.number().int().positive().optional(),
});

/** Each version with who and what; any two compared; the way back. */
export function HistoryTab({ flag }: { readonly flag: Flag }) {
  const { project, environment } = usePlace();
  const [{ of, from, to }, setSearch] = useSearchState(search);
  const entity = { project: project.key, key: flag.key };
  const subject: Subject =
    of === "flag" ? { ...entity, kind: "flag" } : { ...entity, kind: "flag_settings", environment: environment.key };
  const query = useQuery(historyQuery(subject));
  return (
    <div className={classes.main}>
      <SegmentedControl
        size="xs"
        w="max-content"
        aria-label="History of"
        data={[
          { value: "settings", label: `Settings in ${environment.name}` },
          { value: "flag", label: "The flag itself" },
        ]}
        value={of}
        onChange={(chosen) =>
          setSearch({ of: chosen === "flag" ? "flag" : "settings", from: undefined, to: undefined })
        }
      />
      <QueryView query={query} part>
        {({ items }) => (
          <>
            <Versions
              items={items}
              from={from ?? items[1]?.version ?? null}
              to={to ?? items[0]?.version ?? null}
              onFrom={(version) => setSearch({ from: version })}
              onTo={(version) => setSearch({ to: version })}
            />
            <Compared
              key={subject.kind}
              subject={subject}
              from={from ?? items[1]?.version ?? null}
              to={to ?? items[0]?.version ?? null}
              last={items[0]?.version ?? null}
            />
          </>
        )}
      </QueryView>
    </div>
  );
}

interface VersionsProps {
  readonly items: readonly Version[];
  readonly from: number | null;
  readonly to: number | null;
  readonly onFrom: (version: number) => void;
  readonly onTo: (version: number) => void;
}

function Versions({ items, from, to, onFrom, onTo }: VersionsProps) {
  return (
    <Card title="Versions" subtitle="Choose two to compare.">
      <ol className={classes.versions}>
        {items.map((each) => {
          const { version } = each;
          return (
            <li key={each.entry} className={classes.version}>
              <Radio
                name="from"
                aria-label={`Compare from version ${version}`}
                checked={version === from}
                disabled={version === null || each.deleted}
                onChange={() => version !== null && onFrom(version)}
              />
              <Radio
                name="to"
                aria-label={`Compare to version ${version}`}
                checked={version === to}
                disabled={version === null || each.deleted}
                onChange={() => version !== null && onTo(version)}
              />
              <strong>{version === null ? "–" : `v${version}`}</strong>
              <div>
                <Text lineClamp={3}>{each.changes.length > 0 ? each.changes.join("; ") : each.action}</Text>
                {each.reason && <Text c="dimmed">“{each.reason}”</Text>}
              </div>
              <Text c="dimmed">
                {each.by.name}, <Time at={each.at} />
              </Text>
            </li>
          );
        })}
      </ol>
    </Card>
  );
}

interface ComparedProps {
  readonly subject: Subject;
  readonly from: number | null;
  readonly to: number | null;
  readonly last: number | null;
}

function Compared({ subject, from, to, last }: ComparedProps) {
  const { environment } = usePlace();
  const client = useQueryClient();
  const before = useQuery({ ...versionQuery(subject, from ?? 0), enabled: from !== null }).data?.document;
  const after = useQuery({ ...versionQuery(subject, to ?? 0), enabled: to !== null }).data?.document;
  const now = useQuery({ ...versionQuery(subject, last ?? 0), enabled: last !== null }).data?.document;
  const [restoring, setRestoring] = useState(false);
  if (from === null || to === null || last === null) return null;
  const refresh = async () => {
    await flagChanged(client, subject.project, subject.key);
  };
  const takeBack = async (version: number) => {
    await undoChange(subject, version);
    await refresh();
  };
  const words = before === undefined || after === undefined ? [] : differenceInWords(before, after);
  const right = subject.environment === undefined ? {} : { environment: subject.environment };
  const submit = async ({ reason }: { readonly reason: string }) => {
    const written = await restoreVersion(subject, from, { reason });
    announce(written, { what: `Restored version ${from}`, undo: () => takeBack(written.data.version) });
    await refresh();
  };
  return (
    <Card
      title={`Version ${from} → ${to}`}
      actions={
        from !== last && (
          <Guarded right="flag:update" {...right}>
            {(props) => (
              <Button size="xs" variant="default" onClick={() => setRestoring(true)} {...props}>
                Restore version {from}
              </Button>
            )}
          </Guarded>
        )
      }
    >
      <Stack gap="sm">
        {words.length === 0 ? (
          <Text c="dimmed">{before === undefined || after === undefined ? "Reading…" : "Nothing is otherwise."}</Text>
        ) : (
          <ul>
            {words.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        )}
        {before !== undefined && after !== undefined && (
          <Diff before={before} after={after} labels={[`version ${from}`, `version ${to}`]} />
        )}
      </Stack>
      {restoring && before !== undefined && now !== undefined && (
        <Review
          opened
          onClose={() => setRestoring(false)}
          title={`Restore version ${from}`}
          words={differenceInWords(now, before)}
          before={now}
          after={before}
          reasonDemanded={environment.reason_required}
          mode="save"
          confirm={`Restore version ${from}`}
          onSubmit={submit}
        />
      )}
    </Card>
  );
}
