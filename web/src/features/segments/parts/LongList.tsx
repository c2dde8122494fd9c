import { Alert, Anchor, Button, FileInput, Group, NativeSelect, Progress, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem, type Problem, sentence } from "@/api/problem";
import { announce } from "@/components/announce";
import { Card } from "@/components/Card";
import { Guarded } from "@/components/Guarded";
import { undoOf } from "@/components/history/undo";
import { TRIED } from "@/components/reviewing/acts";
import { count, plural } from "@/lib/format";
import { bytesWords, FILE_BYTES_MAX, fileForm, refusedLines, triedWords } from "../keys";
import { listPath, type Segment, segmentsKey, uploadList } from "../queries";
import classes from "../segments.module.css";

type Listing = "included" | "excluded";
type Mode = "replace" | "add" | "remove";

const MODES: Record<Mode, string> = {
  add: "Add its keys",
  remove: "Take its keys out",
  replace: "Put it in the place of all keys",
};

/** Up to a million keys of each kind, by file. */
export function LongList({ segment }: { readonly segment: Segment }) {
  const { project } = usePlace();
  const list = segment.long_list;
  return (
    <Card
      title="Long list"
      subtitle="Up to a million further keys of each kind, by file. A file is checked first; then you see what it makes of the list, and change it."
    >
      {(["included", "excluded"] as const).map((listing) => {
        const held = list?.[listing] ?? 0;
        return (
          <Group key={listing} gap="xs" mb="xs">
            <Text>
              <strong>{count(held)}</strong> {held === 1 ? "key is" : "keys are"} {listing}
            </Text>
            {held > 0 && (
              <Anchor
                href={listPath(project.key, segment.key, listing)}
                download={`${segment.key}-${listing}.ndjson`}
                size="sm"
              >
                Download them
              </Anchor>
            )}
          </Group>
        );
      })}
      {list !== null && <Text c="dimmed">They take {bytesWords(list.bytes)} in each environment.</Text>}
      {!segment.archived && <UploadForm segment={segment} />}
    </Card>
  );
}

/** What the file would make of the list: so many keys, or nothing that it isn't. */
interface Tried {
  readonly now: number;
  readonly same: boolean;
}

interface Sending {
  readonly share: number;
  readonly stop: () => void;
}

function UploadForm({ segment }: { readonly segment: Segment }) {
  const { project, environments } = usePlace();
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [listing, setListing] = useState<Listing>("included");
  const [mode, setMode] = useState<Mode>("add");
  const [sending, setSending] = useState<Sending | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [tried, setTried] = useState<Tried | null>(null);
  const [reason, setReason] = useState("");
  const wanted = environments.some((each) => each.reason_required);
  const stopOnLeave = useRef<(() => void) | null>(null);
  useEffect(() => () => stopOnLeave.current?.(), []);

  const form = file === null ? undefined : fileForm(file.name);
  const wrong =
    file === null
      ? ""
      : form === undefined
        ? "A file of keys ends in .csv, .txt, .ndjson or .jsonl."
        : file.size > FILE_BYTES_MAX
          ? `It has ${bytesWords(file.size)}; a file may have ${bytesWords(FILE_BYTES_MAX)}.`
          : "";

  const send = async (dryRun: boolean) => {
    if (file === null || form === undefined || wrong !== "") return;
    const controller = new AbortController();
    const stop = () => controller.abort();
    stopOnLeave.current = stop;
    setProblem(null);
    if (dryRun) setTried(null);
    setSending({ share: 0, stop });
    try {
      const onProgress = (share: number) => setSending({ share, stop });
      const written = await uploadList(project.key, segment.key, {
        listing,
        mode,
        dryRun,
        reason: dryRun ? TRIED : reason,
        form,
        file,
        onProgress,
        signal: controller.signal,
      });
      const now = written.data.long_list?.[listing] ?? 0;
      if (dryRun) {
        setTried({ now, same: (written.data.changes ?? []).length === 0 });
        return;
      }
      const refresh = () => client.invalidateQueries({ queryKey: segmentsKey(project.key) });
      const subject = { project: project.key, kind: "segment", key: segment.key } as const;
      announce(written, {
        what: `Changed the long list of ${segment.key}: ${plural(now, "key")} ${listing}`,
        undo: undoOf(subject, written, refresh),
      });
      setFile(null);
      setTried(null);
      setReason("");
      await refresh();
    } catch (thrown) {
      if (!controller.signal.aborted) setProblem(asProblem(thrown));
    } finally {
      stopOnLeave.current = null;
      setSending(null);
    }
  };

  return (
    <>
      <Group align="flex-end" gap="xs" mt="sm">
        <FileInput
          label="File of keys"
          placeholder="CSV, text or NDJSON"
          accept=".csv,.txt,.ndjson,.jsonl"
          clearable
          clearButtonProps={{ "aria-label": "Take another file" }}
          value={file}
          disabled={sending !== null}
          error={wrong || undefined}
          onChange={(given) => {
            setFile(given);
            setProblem(null);
            setTried(null);
          }}
          style={{ flex: "1 1 200px" }}
        />
        <NativeSelect
          label="List"
          data={["included", "excluded"]}
          value={listing}
          disabled={sending !== null}
          onChange={(event) => {
            setListing(event.currentTarget.value === "excluded" ? "excluded" : "included");
            setTried(null);
          }}
        />
        <NativeSelect
          label="What becomes of it"
          data={Object.entries(MODES).map(([value, label]) => ({ value, label }))}
          value={mode}
          disabled={sending !== null}
          onChange={(event) => {
            const given = event.currentTarget.value;
            setMode(given === "replace" || given === "remove" ? given : "add");
            setTried(null);
          }}
        />
        <Guarded right="segment:update">
          {(guard) => (
            <Button
              disabled={file === null || wrong !== "" || sending !== null}
              onClick={() => void send(true)}
              {...guard}
            >
              Check the file
            </Button>
          )}
        </Guarded>
      </Group>
      {sending !== null && (
        <div role="status">
          <Progress value={sending.share * 100} mt="sm" aria-label="Upload" animated={sending.share === 1} />
          <Group justify="space-between">
            <Text c="dimmed">
              {sending.share < 1
                ? `${Math.round(sending.share * 100)}% sent`
                : "Sent; the keys are being put in their places…"}
            </Text>
            <Button size="compact-xs" variant="subtle" onClick={sending.stop}>
              Stop
            </Button>
          </Group>
        </div>
      )}
      {tried !== null && (
        <Alert color={tried.same ? "gray" : "blue"} variant="light" mt="sm" role="status" title="The file is right">
          <Text>{triedWords({ listing, before: segment.long_list?.[listing] ?? 0, ...tried })}</Text>
          {!tried.same && (
            <>
              <TextInput
                label={wanted ? "Reason" : "Reason (optional)"}
                description="It stands in the audit log beside the change."
                maxLength={500}
                mt="xs"
                value={reason}
                onChange={(event) => setReason(event.currentTarget.value)}
              />
              <Group gap="xs" mt="xs">
                <Button size="xs" loading={sending !== null} onClick={() => void send(false)}>
                  Change the list
                </Button>
                <Button size="xs" variant="default" disabled={sending !== null} onClick={() => setTried(null)}>
                  Leave it as it is
                </Button>
              </Group>
            </>
          )}
        </Alert>
      )}
      {problem !== null && <Refused problem={problem} />}
    </>
  );
}

function Refused({ problem }: { readonly problem: Problem }) {
  const lines = refusedLines(problem.fields);
  return (
    <Alert color="red" variant="light" mt="sm" role="alert" title="Nothing was changed">
      {lines.length === 0 && sentence(problem)}
      {lines.length > 0 && (
        <ul className={classes.lines}>
          {lines.map((each) => (
            <li key={`${each.line} ${each.reason}`}>
              {each.line !== null && <strong>Line {each.line}: </strong>}
              {each.reason}
            </li>
          ))}
        </ul>
      )}
    </Alert>
  );
}
