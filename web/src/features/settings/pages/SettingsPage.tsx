import { usePlace } from "@/api/place";
import { PageHeader } from "@/components/PageHeader";
import { Tabs } from "@/components/Tabs";
import { useParams } from "@/lib/url";
import { Environments } from "../parts/Environments";
import { ProjectSettings } from "../parts/ProjectSettings";
import { Usage } from "../parts/Usage";

export default function SettingsPage() {
  const { tab } = useParams();
  const { project } = usePlace();
  return (
    <>
      <PageHeader
        title="Settings"
        subtitle={`Of the project ${project.name}`}
        tabs={
          <Tabs
            label="Settings"
            tabs={[
              { key: "environments", label: "Environments" },
              { key: "project", label: "Project", edit: "fields" },
              { key: "usage", label: "Usage and quotas" },
            ]}
          />
        }
      />
      {tab === "project" && <ProjectSettings />}
      {tab === "usage" && <Usage />}
      {(tab === null || tab === "environments") && <Environments />}
    </>
  );
}
