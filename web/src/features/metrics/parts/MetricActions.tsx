import { ActionIcon, Menu } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { Guarded } from "@/components/Guarded";
import { Icon } from "@/components/Icon";
import { ActReview } from "@/components/reviewing/ActReview";
import type { Act } from "@/components/reviewing/acts";
import { pagePath } from "@/lib/url";
import { actOnMetric, type Metric, metricsKey } from "../queries";

const MEANING: Record<Act, string> = {
  archive: "No experiment can name it any more; results that have it keep it.",
  restore: "Experiments can name it again.",
  delete: "It is on no list any more. What an experiment names, even one that is over, is not deleted.",
};

/** What is done with a metric as a whole. */
export function MetricActions({ metric }: { readonly metric: Metric }) {
  const { project } = usePlace();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [asked, setAsked] = useState<Act | null>(null);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size="lg" aria-label="More actions">
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Guarded right="metric:archive">
            {(guard) => (
              <Menu.Item
                leftSection={<Icon name="archive" size={16} />}
                onClick={() => setAsked(metric.archived ? "restore" : "archive")}
                {...guard}
              >
                {metric.archived ? "Restore metric" : "Archive metric"}
              </Menu.Item>
            )}
          </Guarded>
          <Guarded right="metric:delete">
            {(guard) => (
              <Menu.Item leftSection={<Icon name="trash" size={16} />} onClick={() => setAsked("delete")} {...guard}>
                Delete metric
              </Menu.Item>
            )}
          </Guarded>
        </Menu.Dropdown>
      </Menu>
      {asked !== null && (
        <ActReview
          entity="metric"
          entityKey={metric.key}
          action={asked}
          document={metric}
          act={(how) => actOnMetric(project.key, metric.key, asked, how)}
          refresh={() => client.invalidateQueries({ queryKey: metricsKey(project.key) })}
          {...(asked === "delete" ? { onDone: () => navigate({ to: pagePath(project.key, "metrics") }) } : {})}
          onClose={() => setAsked(null)}
        >
          {MEANING[asked]}
        </ActReview>
      )}
    </>
  );
}
