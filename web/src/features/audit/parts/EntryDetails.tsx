import { Diff } from "@/components/Diff";
import { KeyValue } from "@/components/KeyValue";
import { absoluteTime } from "@/lib/format";
import classes from "../pages/audit.module.css";
import type { AuditEntry } from "../queries";

/** All that the log keeps of one act. */
export function EntryDetails({ entry }: { readonly entry: AuditEntry }) {
  const versions = Object.entries(entry.environment_versions);
  const items = [
    { label: "When", value: absoluteTime(entry.at) },
    {
      label: "Who",
      value: `${entry.actor.name} (${entry.actor.kind})${entry.on_behalf_of === null ? "" : `, on behalf of ${entry.on_behalf_of.name}`}`,
    },
    ...(entry.reason === null ? [] : [{ label: "Reason", value: entry.reason }]),
    ...(entry.right === null ? [] : [{ label: "By the right", value: <code>{entry.right}</code> }]),
    ...(entry.address === null ? [] : [{ label: "From", value: entry.address }]),
    ...(entry.request_id === null ? [] : [{ label: "Request", value: <code>{entry.request_id}</code> }]),
    ...(versions.length === 0
      ? []
      : [{ label: "Versions", value: versions.map(([key, version]) => `${key} ${version}`).join(", ") }]),
    { label: "Hash", value: <code className={classes.hash}>{entry.hash}</code> },
  ];
  return (
    <div className={classes.details}>
      {entry.changes.length > 0 && (
        <ul>
          {entry.changes.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
      )}
      <Diff before={entry.before ?? null} after={entry.after ?? null} />
      <KeyValue items={items} />
    </div>
  );
}
