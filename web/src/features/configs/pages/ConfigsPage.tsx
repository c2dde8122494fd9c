import { useMemo } from "react";
import { usePlace } from "@/api/place";
import type { Column } from "@/components/DataTable";
import { EntityList } from "@/components/EntityList";
import classes from "../configs.module.css";
import { outlineWords } from "../model";
import { CreateConfig } from "../parts/CreateConfig";
import { type Config, useConfigs } from "../queries";

export default function ConfigsPage() {
  const { environments } = usePlace();
  const columns = useMemo(
    () =>
      environments.slice(-3).map(
        (each): Column<Config> => ({
          id: `in ${each.key}`,
          header: each.name,
          width: "150px",
          cell: (row) => <span className={classes.dim}>{outlineWords(row.environments[each.key])}</span>,
        }),
      ),
    [environments],
  );
  return (
    <EntityList
      noun="config"
      page="configs"
      columns={columns}
      create="config:create"
      explained="A config is a JSON object that code reads: texts, limits, layouts. A schema keeps out what code can't take."
      useRows={useConfigs}
      creating={(close) => <CreateConfig onClose={close} />}
    />
  );
}
