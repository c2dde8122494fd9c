import { Accordion } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Card } from "@/components/Card";
import { JsonEditor } from "@/components/JsonEditor";
import { PageLink } from "@/components/PageLink";
import { entityPath } from "@/lib/entity-path";
import { useParams } from "@/lib/url";
import { editTitle, editWords } from "../model";
import classes from "../pages/changes.module.css";
import { type Edit, proposedOnQuery } from "../queries";

/** One edit: what it does in words, and the documents behind the words. */
export function EditCard({ edit }: { readonly edit: Edit }) {
  const { project } = useParams();
  const stood = useQuery(proposedOnQuery(project, edit)).data ?? null;
  const words = editWords(edit, stood);
  const path = entityPath(project, edit.entity, edit.key.split("/")[0] ?? edit.key);
  return (
    <Card
      title={editTitle(edit)}
      subtitle={edit.environments.length > 1 ? `Changes what ${edit.environments.join(", ")} serve` : undefined}
      actions={path === null ? undefined : <PageLink to={path}>Open as it is now</PageLink>}
    >
      {words.length === 0 ? (
        <p className={classes.hint}>It is so already: nothing would change.</p>
      ) : (
        <ul className={classes.words}>
          {words.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
      )}
      <Accordion variant="filled" chevronPosition="left" mt="sm">
        <Accordion.Item value="json">
          <Accordion.Control>As JSON</Accordion.Control>
          <Accordion.Panel>
            <JsonEditor
              label="Difference (JSON Patch)"
              value={JSON.stringify(edit.difference.patch, null, 2)}
              height={180}
            />
            <JsonEditor
              label="The edit as the API takes it"
              value={JSON.stringify(edit.document, null, 2)}
              height={180}
            />
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </Card>
  );
}
