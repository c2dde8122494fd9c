import { useQuery, useQueryClient } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { Badge } from "@/components/Badge";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import type { Act } from "@/components/reviewing/acts";
import { EntityActions } from "@/components/reviewing/EntityActions";
import { type Tab, Tabs } from "@/components/Tabs";
import { pagePath, useParams } from "@/lib/url";
import { ConfigHistory } from "../parts/ConfigHistory";
import { DefinitionTab } from "../parts/DefinitionTab";
import { PersonaTab } from "../parts/PersonaTab";
import { SettingsTab } from "../parts/SettingsTab";
import { actOnConfig, type Config, configQuery, configsKey, settingsQuery } from "../queries";

const TABS: readonly Tab[] = [
  { key: "values", label: "Values here", edit: "fields" },
  { key: "definition", label: "Shared value and schema", edit: "fields" },
  { key: "test", label: "Who gets what" },
  { key: "history", label: "History" },
];

export default function ConfigPage() {
  const { project, environment } = usePlace();
  const { key, tab } = useParams();
  const query = useQuery(configQuery(project.key, key));
  const settings = useQuery(settingsQuery(project.key, key, environment.key));
  return (
    <QueryView query={query}>
      {(config) => (
        <>
          <PageHeader
            back={{ label: "Configs", to: pagePath(project.key, "configs") }}
            title={
              <>
                {config.name} {config.archived && <Badge>archived</Badge>}
              </>
            }
            subtitle={
              config.name === config.key
                ? config.description
                : `${config.key}${config.description === "" ? "" : ` · ${config.description}`}`
            }
            actions={<Actions config={config} />}
            tabs={<Tabs label="Config" tabs={TABS} />}
          />
          {tab === "definition" ? (
            <DefinitionTab key={config.key} config={config} />
          ) : tab === "history" ? (
            <ConfigHistory config={config} />
          ) : (
            <QueryView query={settings}>
              {(told) =>
                tab === "test" ? (
                  <PersonaTab config={config} settings={told} />
                ) : (
                  <SettingsTab key={`${config.key} ${environment.key}`} config={config} settings={told} />
                )
              }
            </QueryView>
          )}
        </>
      )}
    </QueryView>
  );
}

const MEANING: Record<Act, string> = {
  archive: "No environment serves it: code that asks for it gets its own default.",
  restore: "It is served again, with the value and the overrides that it had.",
  delete: "Code that still asks for it finds nothing from then on. History keeps it.",
};

function Actions({ config }: { readonly config: Config }) {
  const { project } = usePlace();
  const client = useQueryClient();
  return (
    <EntityActions
      kind="config"
      entity={config}
      meaning={MEANING}
      act={(action, how) => actOnConfig(project.key, config.key, action, how)}
      refresh={() => client.invalidateQueries({ queryKey: configsKey(project.key) })}
      list={pagePath(project.key, "configs")}
    />
  );
}
