import { z } from "zod";
import { usePlace } from "@/api/place";
import { Address } from "@/components/Address";
import { Badge } from "@/components/Badge";
import { type Column, DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { FilterBar } from "@/components/FilterBar";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { pagePath, useSearchState } from "@/lib/url";
import classes from "../pages/people.module.css";
import { type Member, useMembers } from "../queries";
import { InviteButton } from "./Invitations";

const schema = z.object({ q: z.string().default("") });

const columns: readonly Column<Member>[] = [
  { id: "name", header: "Person", cell: (row) => row.name || row.email },
  { id: "email", header: "E-mail address", width: "30%", cell: (row) => <Address email={row.email} /> },
  {
    id: "role",
    header: "Role in the organization",
    width: "24%",
    cell: (row) => row.role ?? <span className={classes.no}>none: only what is bound to them</span>,
  },
  {
    id: "state",
    header: "",
    width: "130px",
    cell: (row) => (row.deactivated_at === null ? null : <Badge tone="caution">Deactivated</Badge>),
  },
  { id: "since", header: "Member since", width: "140px", cell: (row) => <Time at={row.created_at} /> },
];

export function Members() {
  const { organization, project } = usePlace();
  const { query, more } = useMembers(organization.id);
  const [{ q }, setSearch] = useSearchState(schema);
  const wanted = q.toLowerCase();
  return (
    <>
      <div className={classes.head}>
        <FilterBar
          fields={[{ name: "q", label: "Find a person", kind: "text" }]}
          value={{ q }}
          onChange={(change) => setSearch(schema.parse(change))}
        />
        <InviteButton />
      </div>
      <QueryView query={query}>
        {(members) => (
          <DataTable
            label={`Members of ${organization.name}`}
            rows={members.filter((each) => `${each.email} ${each.name}`.toLowerCase().includes(wanted))}
            rowKey={(row) => row.id}
            columns={columns}
            href={(row) => pagePath(project.key, "person", row.id)}
            more={more}
            empty={<Empty title="Nobody is called so" text="Clear the filter to see all." />}
          />
        )}
      </QueryView>
    </>
  );
}
