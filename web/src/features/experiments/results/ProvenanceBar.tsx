import { Button, Group, Loader, Menu, NativeSelect } from "@mantine/core";
import { DateTimePicker } from "@mantine/dates";
import { useState } from "react";
import { announceProblem } from "@/components/announce";
import { Guarded } from "@/components/Guarded";
import { Icon } from "@/components/Icon";
import { Time } from "@/components/Time";
import { absoluteTime } from "@/lib/format";
import { saveFile, showPage } from "./files";
import { type Asked, type FileWanted, type Result, readFile } from "./queries";
import styles from "./results.module.css";
import { SnapshotsDialog } from "./SnapshotsDialog";
import { SqlDialog } from "./SqlDialog";
import type { ResultsSearch, SetResultsSearch } from "./search";

interface Props {
  asked: Asked;
  result: Result;
  busy: boolean;
  search: ResultsSearch;
  set: SetResultsSearch;
}

/** Where the figures come from: moment, phase, engine, queries, files. It is there whatever is shown. */
export function ProvenanceBar({ asked, result, busy, search, set }: Props) {
  const [opened, setOpened] = useState<"sql" | "snapshots" | null>(null);
  const { phases } = result.experiment;
  return (
    <div className={styles.provenance}>
      <span>
        Computed <Time at={result.computed_at} />
        {result.as_of !== null && <>, as of {absoluteTime(result.as_of)}</>}
        {busy && (
          <>
            {" "}
            <Loader size={12} aria-label="Computing anew" className={styles.later} />
          </>
        )}
      </span>
      <span>Engine {result.engine_version}</span>
      {phases.length > 1 ? (
        <NativeSelect
          size="xs"
          aria-label="Phase"
          value={String(result.experiment.phase)}
          onChange={(event) => {
            const phase = Number(event.currentTarget.value);
            set({ phase: phase === phases.at(-1)?.phase ? undefined : phase }, { push: true });
          }}
          data={phases.map((each) => ({ value: String(each.phase), label: `Phase ${each.phase}` }))}
        />
      ) : (
        <span>Phase {result.experiment.phase}</span>
      )}
      <DateTimePicker
        size="xs"
        aria-label="As of"
        placeholder="As of now"
        clearable
        clearButtonProps={{ "aria-label": "As of now" }}
        valueFormat="D MMM YYYY HH:mm"
        maxDate={new Date()}
        value={search.as_of === undefined ? null : new Date(search.as_of)}
        onChange={(value) => set({ as_of: value === null ? undefined : new Date(value).toISOString() }, { push: true })}
      />
      <Group gap="xs">
        <Button size="xs" variant="default" onClick={() => setOpened("sql")}>
          Show SQL
        </Button>
        <Button size="xs" variant="default" onClick={() => setOpened("snapshots")}>
          Snapshots
        </Button>
        <Files asked={asked} />
      </Group>
      <SqlDialog asked={asked} opened={opened === "sql"} onClose={() => setOpened(null)} />
      <SnapshotsDialog
        asked={asked}
        opened={opened === "snapshots"}
        onClose={() => setOpened(null)}
        onOpen={(snapshot) => {
          setOpened(null);
          set({ snapshot }, { push: true });
        }}
      />
    </div>
  );
}

const FILES: readonly { wanted: FileWanted; label: string; suffix: string }[] = [
  { wanted: "results csv", label: "Results as CSV", suffix: ".csv" },
  { wanted: "results parquet", label: "Results as Parquet", suffix: ".parquet" },
  { wanted: "report pdf", label: "Report as PDF", suffix: ".pdf" },
];

function Files({ asked }: { asked: Asked }) {
  const [busy, setBusy] = useState(false);
  const take = async (wanted: FileWanted, name: string | null) => {
    setBusy(true);
    try {
      const file = await readFile(asked, wanted);
      if (name === null) showPage(file);
      else saveFile(file, name);
    } catch (thrown) {
      announceProblem(thrown, "The file could not be made");
    } finally {
      setBusy(false);
    }
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button size="xs" variant="default" loading={busy} leftSection={<Icon name="download" size={14} />}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => void take("report", null)}>Open the report</Menu.Item>
        {FILES.map((each) => (
          <Menu.Item key={each.wanted} onClick={() => void take(each.wanted, `${asked.experiment}${each.suffix}`)}>
            {each.label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Guarded right="experiment:update" environment={asked.environment}>
          {(guard) => (
            <Menu.Item onClick={() => void take("units csv", `${asked.experiment}-units.csv`)} {...guard}>
              Analysed units as CSV
            </Menu.Item>
          )}
        </Guarded>
      </Menu.Dropdown>
    </Menu>
  );
}
