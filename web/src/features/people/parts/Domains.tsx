import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce, announceProblem } from "@/components/announce";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { FormDialog } from "@/components/FormDialog";
import { QueryView } from "@/components/QueryView";
import classes from "../pages/people.module.css";
import { domainsQuery, useSignInWrites } from "../sign-in/queries";

/** Whose addresses the organization speaks for, once it has shown that it may. */
export function Domains() {
  const { organization } = usePlace();
  const query = useQuery(domainsQuery(organization.id));
  const writes = useSignInWrites(organization.id);
  const [adding, setAdding] = useState(false);
  const [domain, setDomain] = useState("");
  const run = async (writing: Promise<Parameters<typeof announce>[0]>, what: string) => {
    try {
      announce(await writing, { what });
    } catch (thrown) {
      announceProblem(thrown, "The domain is as it was");
    }
  };
  return (
    <Card
      title="E-mail domains"
      subtitle="People with an address of a verified domain sign in by the organization's provider."
      actions={
        <Button size="xs" variant="default" onClick={() => setAdding(true)}>
          Add domain
        </Button>
      }
    >
      <QueryView query={query} part>
        {(domains) =>
          domains.length === 0 ? (
            <p className={classes.hint}>No domain yet.</p>
          ) : (
            <ul className={classes.list}>
              {domains.map((each) => (
                <li key={each.domain}>
                  <span>
                    <strong>{each.domain}</strong>{" "}
                    {each.verified_at === null ? (
                      <Badge tone="caution">Not verified</Badge>
                    ) : (
                      <Badge tone="good">Verified</Badge>
                    )}
                    {each.verified_at === null && (
                      <span className={classes.hint}>
                        {" "}
                        Put a TXT record at <code>{each.record_name}</code>: <code>{each.record_value}</code>
                      </span>
                    )}
                  </span>
                  <span className={classes.actions}>
                    {each.verified_at === null && (
                      <Button
                        size="compact-sm"
                        variant="default"
                        onClick={() => void run(writes.verifyDomain(each.domain), `${each.domain} is verified`)}
                      >
                        Verify
                      </Button>
                    )}
                    <Button
                      size="compact-sm"
                      variant="subtle"
                      color="red"
                      aria-label={`Remove ${each.domain}`}
                      onClick={() => void run(writes.removeDomain(each.domain), `Removed ${each.domain}`)}
                    >
                      Remove
                    </Button>
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
      {adding && (
        <FormDialog
          opened
          onClose={() => setAdding(false)}
          title="Add a domain"
          confirm="Add the domain"
          incomplete={domain.includes(".") ? "" : "Type a domain, such as example.com"}
          onSubmit={async () => {
            announce(await writes.addDomain(domain.trim()), { what: `Added ${domain.trim()}` });
            setDomain("");
          }}
        >
          <TextInput
            label="Domain"
            data-path="domain"
            placeholder="example.com"
            required
            data-autofocus
            value={domain}
            onChange={(event) => setDomain(event.currentTarget.value)}
          />
        </FormDialog>
      )}
    </Card>
  );
}
