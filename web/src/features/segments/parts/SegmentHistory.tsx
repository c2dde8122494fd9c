import { useQueryClient } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { VersionList } from "@/components/history/VersionList";
import { type Segment, segmentsKey } from "../queries";

export function SegmentHistory({ segment }: { readonly segment: Segment }) {
  const { project } = usePlace();
  const client = useQueryClient();
  return (
    <VersionList
      subject={{ project: project.key, kind: "segment", key: segment.key }}
      right="segment:update"
      refresh={() => client.invalidateQueries({ queryKey: segmentsKey(project.key) })}
    />
  );
}
