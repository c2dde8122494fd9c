import { Checkbox, PasswordInput, Select, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { FormDialog } from "@/components/FormDialog";
import { pagePath } from "@/lib/url";
import { DATASETS } from "../model";
import classes from "../pages/exports.module.css";
import { type CreateExport, type Dataset, useExportWrites } from "../queries";

type Kind = CreateExport["destination"]["type"];

interface Field {
  readonly name: string;
  readonly label: string;
  readonly required?: boolean;
  readonly secret?: boolean;
}

const KINDS: Readonly<Record<Kind, { readonly label: string; readonly fields: readonly Field[] }>> = {
  object_store: {
    label: "A bucket (Amazon S3, or its interface)",
    fields: [
      { name: "bucket", label: "Bucket", required: true },
      { name: "prefix", label: "Prefix" },
      { name: "region", label: "Region" },
      { name: "endpoint", label: "Endpoint, where it isn't Amazon's" },
      { name: "access_key_id", label: "Access key id", required: true, secret: true },
      { name: "secret_access_key", label: "Secret access key", required: true, secret: true },
    ],
  },
  folder: {
    label: "A folder of the server",
    fields: [{ name: "path", label: "Path, below the operator's root", required: true }],
  },
  snowflake: {
    label: "Snowflake",
    fields: [
      { name: "account", label: "Account", required: true },
      { name: "user", label: "User", required: true },
      { name: "database", label: "Database", required: true },
      { name: "schema", label: "Schema", required: true },
      { name: "warehouse", label: "Warehouse" },
      { name: "role", label: "Role" },
      { name: "password", label: "Password or access token", required: true, secret: true },
    ],
  },
};

/** Where it goes, what it brings, and when. Credentials are sealed, and never shown again. */
export function ExportForm({ close }: { readonly close: () => void }) {
  const { project, environment, environments } = usePlace();
  const navigate = useNavigate();
  const writes = useExportWrites();
  const [name, setName] = useState("");
  const [where, setWhere] = useState(environment.key);
  const [kind, setKind] = useState<Kind>("object_store");
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const [datasets, setDatasets] = useState<readonly Dataset[]>(DATASETS.map((each) => each.value));
  const [schedule, setSchedule] = useState<"manual" | "hourly" | "daily">("daily");
  const [dailyAt, setDailyAt] = useState("02:00");
  const { fields } = KINDS[kind];
  const missing = fields.find((each) => each.required === true && (texts[each.name] ?? "") === "");
  const incomplete =
    name.trim() === ""
      ? "Give it a name"
      : missing !== undefined
        ? `${missing.label} is missing`
        : datasets.length === 0
          ? "Choose what it brings"
          : "";
  const text = (field: string) => texts[field] ?? "";
  return (
    <FormDialog
      opened
      onClose={close}
      size="lg"
      title="Create export"
      confirm="Create the export"
      incomplete={incomplete}
      onSubmit={async () => {
        const { data } = await writes.create({
          name: name.trim(),
          project: project.key,
          environment: where,
          destination: destinationOf(kind, text),
          credentials: credentialsOf(kind, text),
          datasets: [...datasets],
          schedule,
          daily_at: dailyAt,
        });
        announce(null, { what: `Created the export ${data.name}` });
        void navigate({ to: pagePath(project.key, "exports", data.id) });
      }}
    >
      <div className={classes.fields}>
        <TextInput
          label="Name"
          data-path="name"
          required
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label="Environment"
          data-path="environment"
          data={environments.map((each) => ({ value: each.key, label: each.name }))}
          allowDeselect={false}
          value={where}
          onChange={(next) => setWhere(next ?? environment.key)}
        />
      </div>
      <Select
        label="Goes to"
        data-path="destination"
        data={Object.entries(KINDS).map(([value, each]) => ({ value, label: each.label }))}
        allowDeselect={false}
        value={kind}
        onChange={(next) => setKind(next === "folder" || next === "snowflake" ? next : "object_store")}
      />
      <div className={classes.fields}>
        {fields.map((each) => {
          const Input = each.secret === true ? PasswordInput : TextInput;
          return (
            <Input
              key={`${kind} ${each.name}`}
              label={each.label}
              data-path={pathOf(kind, each)}
              required={each.required ?? false}
              autoComplete="off"
              value={text(each.name)}
              onChange={(event) => setTexts({ ...texts, [each.name]: event.currentTarget.value })}
            />
          );
        })}
      </div>
      <Checkbox.Group
        label="Brings"
        data-path="datasets"
        value={[...datasets]}
        onChange={(next) => setDatasets(DATASETS.map((each) => each.value).filter((each) => next.includes(each)))}
      >
        <div className={classes.fields}>
          {DATASETS.map((each) => (
            <Checkbox key={each.value} value={each.value} label={each.label} />
          ))}
        </div>
      </Checkbox.Group>
      <div className={classes.fields}>
        <Select
          label="Runs"
          data-path="schedule"
          data={[
            { value: "daily", label: "Daily" },
            { value: "hourly", label: "Every hour" },
            { value: "manual", label: "By hand" },
          ]}
          allowDeselect={false}
          value={schedule}
          onChange={(next) => setSchedule(next === "hourly" || next === "manual" ? next : "daily")}
        />
        {schedule === "daily" && (
          <TextInput
            type="time"
            label="At (UTC)"
            data-path="daily_at"
            value={dailyAt}
            onChange={(event) => setDailyAt(event.currentTarget.value)}
          />
        )}
      </div>
    </FormDialog>
  );
}

/** Of the request; the service names a destination's fields with or without its type. */
const pathOf = (kind: Kind, { name, secret }: Field): string =>
  secret === true ? `credentials.${name} credentials` : `destination.${name} destination.${kind}.${name}`;

function destinationOf(kind: Kind, text: (field: string) => string): CreateExport["destination"] {
  if (kind === "folder") return { type: "folder", path: text("path") };
  if (kind === "snowflake") {
    return {
      type: "snowflake",
      account: text("account"),
      user: text("user"),
      database: text("database"),
      schema: text("schema"),
      warehouse: text("warehouse"),
      role: text("role"),
    };
  }
  return {
    type: "object_store",
    bucket: text("bucket"),
    prefix: text("prefix"),
    region: text("region"),
    endpoint: text("endpoint"),
  };
}

function credentialsOf(kind: Kind, text: (field: string) => string): NonNullable<CreateExport["credentials"]> {
  if (kind === "folder") return {};
  if (kind === "snowflake") return { password: text("password") };
  return { access_key_id: text("access_key_id"), secret_access_key: text("secret_access_key") };
}
