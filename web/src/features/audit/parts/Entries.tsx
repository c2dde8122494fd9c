import { Button, Menu, TextInput } from "@mantine/core";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { Empty } from "@/components/Empty";
import { EntityPicker } from "@/components/EntityPicker";
import { FilterBar } from "@/components/FilterBar";
import { Icon } from "@/components/Icon";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { zoneName } from "@/lib/format";
import { useSearchState } from "@/lib/url";
import { ENTITIES, entityWords, filterSchema } from "../model";
import classes from "../pages/audit.module.css";
import { type AuditEntry, exportAddress, useAudit } from "../queries";
import { EntryDetails } from "./EntryDetails";

const SCOPES = [{ value: "organization", label: "All of the organization" }];

export function Entries() {
  const { organization, project, environments } = usePlace();
  const [search, setSearch] = useSearchState(filterSchema);
  const filter = { ...search, project: project.key };
  const { query, more } = useAudit(organization.id, filter);
  const change = (next: Readonly<Record<string, string | string[]>>) =>
    setSearch(
      filterSchema.parse({ ...search, ...next, scope: next.scope === "" ? "project" : (next.scope ?? search.scope) }),
    );
  const { project: _project, scope: _scope, ...conditions } = filter;
  const filtered = Object.values(conditions).some((each) => each !== "");
  return (
    <>
      <div className={classes.head}>
        <FilterBar
          fields={[
            { name: "key", label: "Key begins with", kind: "text" },
            { name: "reason", label: "Words of the reason", kind: "text" },
            {
              name: "entity",
              label: "What",
              kind: "choice",
              options: ENTITIES.map((value) => ({ value, label: entityWords(value) })),
            },
            { name: "action", label: "Action", kind: "text" },
            { name: "scope", label: "This project", kind: "choice", options: SCOPES },
            ...(search.scope === "project"
              ? [
                  {
                    name: "where",
                    label: "Environment",
                    kind: "choice" as const,
                    options: environments.map((each) => ({ value: each.key, label: each.name })),
                  },
                ]
              : []),
          ]}
          value={{ ...search, scope: search.scope === "project" ? null : search.scope }}
          onChange={change}
        />
        <div className={classes.moments}>
          <EntityPicker
            kind="member"
            label="Who"
            placeholder="Anybody"
            value={search.by === "" ? null : search.by}
            onChange={(by) => setSearch({ by: by ?? "" })}
          />
          <TextInput
            type="datetime-local"
            label="Since"
            title={`In ${zoneName()}`}
            step={1}
            value={search.since}
            onChange={(event) => setSearch({ since: event.currentTarget.value })}
          />
          <TextInput
            type="datetime-local"
            label="Until"
            title={`In ${zoneName()}`}
            step={1}
            value={search.until}
            onChange={(event) => setSearch({ until: event.currentTarget.value })}
          />
          <Menu position="bottom-end">
            <Menu.Target>
              <Button variant="default" leftSection={<Icon name="download" size={16} />}>
                Export these entries
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item component="a" href={exportAddress(organization.id, filter, "csv")} download>
                As CSV
              </Menu.Item>
              <Menu.Item component="a" href={exportAddress(organization.id, filter, "ndjson")} download>
                As NDJSON
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </div>
      </div>
      <QueryView query={query}>
        {(entries) =>
          entries.length === 0 ? (
            <Empty
              title={filtered ? "No entry fits these filters" : "Nothing has happened here yet"}
              {...(filtered ? { text: "Clear a filter to see more." } : {})}
            />
          ) : (
            <>
              <ol className={classes.entries} aria-label="Entries">
                {entries.map((each) => (
                  <Entry key={each.number} entry={each} />
                ))}
              </ol>
              {more !== null && (
                <Button variant="default" loading={more.loading} onClick={more.load}>
                  Show more
                </Button>
              )}
            </>
          )
        }
      </QueryView>
    </>
  );
}

function Entry({ entry }: { readonly entry: AuditEntry }) {
  const [opened, setOpened] = useState(false);
  return (
    <li className={classes.entry}>
      <button type="button" className={classes.line} aria-expanded={opened} onClick={() => setOpened(!opened)}>
        <Icon name={opened ? "chevron" : "right"} size={16} />
        <span className={classes.summary}>
          {entry.summary}
          {entry.reason !== null && <span className={classes.hint}> “{entry.reason}”</span>}
        </span>
      </button>
      <span className={classes.when}>
        <Time at={entry.at} />
      </span>
      {opened && <EntryDetails entry={entry} />}
    </li>
  );
}
