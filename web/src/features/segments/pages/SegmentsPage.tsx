import type { Column } from "@/components/DataTable";
import { EntityList } from "@/components/EntityList";
import { whoWords } from "../model";
import { CreateSegment } from "../parts/CreateSegment";
import { type Segment, useSegments } from "../queries";
import classes from "../segments.module.css";

const columns: readonly Column<Segment>[] = [
  { id: "who", header: "Who is in it", cell: (row) => <Who words={whoWords(row)} /> },
];

export default function SegmentsPage() {
  return (
    <EntityList
      noun="segment"
      page="segments"
      aside="the same in every environment"
      columns={columns}
      create="segment:create"
      explained="A segment is an audience that flags, configs and experiments share: listed people, and a condition for everybody else."
      useRows={useSegments}
      creating={(close) => <CreateSegment onClose={close} />}
    />
  );
}

/** Long ones are cut after two lines, and are whole beneath the pointer. */
function Who({ words }: { readonly words: string }) {
  return (
    <span className={classes.who} title={words}>
      {words}
    </span>
  );
}
