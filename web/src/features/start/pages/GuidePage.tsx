import { Select, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { z } from "zod";
import { usePlace } from "@/api/place";
import { Card } from "@/components/Card";
import { Empty } from "@/components/Empty";
import { PageHeader } from "@/components/PageHeader";
import { PageLink } from "@/components/PageLink";
import { QueryView } from "@/components/QueryView";
import { pagePath, useSearchState } from "@/lib/url";
import { LANGUAGES } from "../model";
import { Guide } from "../parts/Guide";
import { Listening } from "../parts/Listening";
import { flagsQuery } from "../queries";
import classes from "./GuidePage.module.css";

const search = z.object({ flag: z.string().default(""), language: z.enum(LANGUAGES).default("python") });

export default function GuidePage() {
  const { project, environment } = usePlace();
  const [state, setState] = useSearchState(search);
  const flags = useQuery(flagsQuery(project.key));
  return (
    <>
      <PageHeader
        title="Integration guide"
        subtitle={`A program that asks ${environment.name} for a flag, in your language.`}
      />
      <QueryView query={flags}>
        {(found) => {
          const flag = found.find((each) => each.key === state.flag) ?? found[0];
          if (flag === undefined) {
            return (
              <Empty
                title="There is no flag to ask for yet"
                action={<PageLink to={pagePath(project.key, "flags")}>Create the first flag</PageLink>}
              />
            );
          }
          return (
            <div className={classes.columns}>
              <Stack gap="md">
                <Select
                  label="Flag"
                  data={found.map((each) => ({ value: each.key, label: each.key }))}
                  searchable
                  allowDeselect={false}
                  value={flag.key}
                  onChange={(next) => setState({ flag: next ?? "" })}
                />
                <Guide
                  project={project.key}
                  environment={environment}
                  flag={{ key: flag.key, type: flag.type, clientVisible: flag.client_visible }}
                  language={state.language}
                  onLanguage={(language) => setState({ language })}
                  guarded
                />
              </Stack>
              <Stack gap="md" className={classes.side ?? ""}>
                <Card title="Is it heard?">
                  <Listening project={project.key} environment={environment} />
                </Card>
                <Card title="What to know">
                  <ul className={classes.facts}>
                    <li>Server SDKs evaluate in the process; pages and OFREP clients ask the edge.</li>
                    <li>Who takes part in an experiment is reported as exposed by itself, once in ten minutes.</li>
                    <li>Nothing throws: what can’t be told is the default that your code gives.</li>
                    <li>A change arrives by a stream, usually in less than a second.</li>
                  </ul>
                </Card>
              </Stack>
            </div>
          );
        }}
      </QueryView>
    </>
  );
}
