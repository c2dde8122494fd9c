import { MultiSelect, NumberInput, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useAttributes } from "@/components/attributes/use-attributes";
import { Card } from "@/components/Card";
import { ConditionEditor } from "@/components/ConditionEditor";
import { segmentKeysQuery } from "@/components/queries";
import type { Condition } from "@/lib/rules";
import type { SectionProps } from "./DesignForm";
import styles from "./designer.module.css";
import { LayerRuler } from "./LayerRuler";
import { useHoldouts, useLayers } from "./queries";

interface Props extends SectionProps {
  project: string;
  environment: string;
}

/** Who takes part: a condition, the unit, a layer's share and the holdouts that are kept out. */
export function AudienceSection({ design, set, errors, project, environment }: Props) {
  const holdouts = useHoldouts(project);
  const layers = useLayers(project);
  const segments = useQuery(segmentKeysQuery(project));
  const attributes = useAttributes(project, environment);
  const assigns = design.mode === "assigns";
  return (
    <Card title="Audience" subtitle={design.audience === null ? "Everybody who is asked for." : undefined}>
      <div className={styles.fields}>
        {assigns && (
          <ConditionEditor
            value={design.audience as Condition | null}
            onChange={(audience) => set({ audience: audience as Record<string, unknown> | null })}
            attributes={attributes}
            segments={segments.data ?? []}
            root="audience"
            errors={Object.entries(errors)
              .filter(([field]) => field.startsWith("audience"))
              .map(([field, message]) => ({ field, message }))}
          />
        )}
        <TextInput
          label="Unit"
          description="The attribute that tells units apart, such as company. Users, by their targeting key, when it is empty."
          placeholder="users"
          maxLength={256}
          value={design.bucketBy}
          data-path="bucket_by"
          error={errors.bucket_by}
          onChange={(event) => set({ bucketBy: event.currentTarget.value })}
        />
        {assigns && (
          <>
            <div className={styles.two}>
              <Select
                label="Layer"
                description="Running experiments of one layer share no unit."
                placeholder="None"
                clearable
                clearButtonProps={{ "aria-label": "No layer" }}
                value={design.layer?.key ?? null}
                data-path="layer"
                error={errors.layer}
                data={(layers.data?.items ?? []).map((each) => ({ value: each.key, label: each.name }))}
                onChange={(key) => set({ layer: key === null ? null : { key, share: design.layer?.share ?? 50 } })}
              />
              {design.layer !== null && (
                <NumberInput
                  label="Share of the layer"
                  description="In one piece."
                  suffix="%"
                  min={0.01}
                  max={100}
                  decimalScale={2}
                  value={design.layer.share}
                  data-path="layer.share"
                  error={errors["layer.share"]}
                  onChange={(share) =>
                    set({ layer: design.layer === null ? null : { ...design.layer, share: Number(share) } })
                  }
                />
              )}
            </div>
            {design.layer !== null && (
              <LayerRuler
                project={project}
                environment={environment}
                layer={design.layer.key}
                share={design.layer.share}
                self={design.key}
              />
            )}
            <MultiSelect
              label="Holdouts"
              description="Users who are kept out of it."
              placeholder={design.holdouts.length === 0 ? "None" : ""}
              clearButtonProps={{ "aria-label": "No holdouts" }}
              value={[...design.holdouts]}
              data-path="holdouts"
              error={errors.holdouts}
              data={(holdouts.data?.items ?? []).map((each) => ({
                value: each.key,
                label: `${each.name} (${each.share}%)`,
              }))}
              onChange={(keys) => set({ holdouts: keys })}
            />
          </>
        )}
      </div>
    </Card>
  );
}
