import { ActionIcon, Menu } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { usePlace } from "@/api/place";
import { announce, announceProblem } from "@/components/announce";
import { Badge } from "@/components/Badge";
import { askToConfirm } from "@/components/confirm";
import { Guarded } from "@/components/Guarded";
import { Icon } from "@/components/Icon";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { type Tab, Tabs } from "@/components/Tabs";
import { pagePath, useParams } from "@/lib/url";
import { ConfigHistory } from "../parts/ConfigHistory";
import { DefinitionTab } from "../parts/DefinitionTab";
import { PersonaTab } from "../parts/PersonaTab";
import { SettingsTab } from "../parts/SettingsTab";
import { type Config, configQuery, configsKey, deleteConfig, setArchived, settingsQuery } from "../queries";

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

function Actions({ config }: { readonly config: Config }) {
  const { project } = usePlace();
  const client = useQueryClient();
  const navigate = useNavigate();
  const refresh = () => client.invalidateQueries({ queryKey: configsKey(project.key) });
  const archive = async (archived: boolean) => {
    try {
      const written = await setArchived(project.key, config.key, archived);
      announce(written, {
        what: `${archived ? "Archived" : "Restored"} config ${config.key}`,
        undo: async () => {
          await setArchived(project.key, config.key, !archived);
          await refresh();
        },
      });
      await refresh();
    } catch (thrown) {
      announceProblem(thrown, `Config ${config.key} stays as it is`);
    }
  };
  const remove = async () => {
    const sure = await askToConfirm({
      title: `Delete config ${config.key}?`,
      text: "Code that still asks for it finds nothing from then on. History keeps it.",
      confirm: "Delete config",
    });
    if (!sure) return;
    try {
      announce(await deleteConfig(project.key, config.key), { what: `Deleted config ${config.key}` });
      await refresh();
      await navigate({ to: pagePath(project.key, "configs") });
    } catch (thrown) {
      announceProblem(thrown, `Config ${config.key} was not deleted`);
    }
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="default" size="lg" aria-label="More actions">
          <Icon name="more" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Guarded right="config:archive">
          {(guard) => (
            <Menu.Item
              leftSection={<Icon name="archive" size={16} />}
              onClick={() => void archive(!config.archived)}
              {...guard}
            >
              {config.archived ? "Restore config" : "Archive config"}
            </Menu.Item>
          )}
        </Guarded>
        {config.archived && (
          <Guarded right="config:delete">
            {(guard) => (
              <Menu.Item leftSection={<Icon name="trash" size={16} />} onClick={() => void remove()} {...guard}>
                Delete config
              </Menu.Item>
            )}
          </Guarded>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
