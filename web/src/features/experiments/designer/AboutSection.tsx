import { SegmentedControl, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { Card } from "@/components/Card";
import { EntityPicker } from "@/components/EntityPicker";
import { KeyValue } from "@/components/KeyValue";
import type { SectionProps } from "./DesignForm";
import styles from "./designer.module.css";
import { keyOf } from "./model";
import { useFlagChoice } from "./use-flag-choice";

/** What is believed, and on what it is tried. */
export function AboutSection({
  design,
  set,
  errors,
  created,
  environment,
}: SectionProps & { created: boolean; environment: string }) {
  const { project } = usePlace();
  const [kind, setKind] = useState<"flag" | "config">("flag");
  const choose = useFlagChoice(project.key, environment, set);
  return (
    <Card title="Hypothesis">
      <div className={styles.fields}>
        <TextInput
          label="Name"
          required
          maxLength={200}
          value={design.name}
          data-path="name"
          error={errors.name}
          onChange={(event) => {
            const name = event.currentTarget.value;
            set({ name, ...(!created && design.key === keyOf(design.name) ? { key: keyOf(name) } : {}) });
          }}
        />
        {!created && (
          <TextInput
            label="Key"
            required
            description="In code and addresses; it never changes."
            maxLength={128}
            value={design.key}
            data-path="key"
            error={errors.key}
            onChange={(event) => set({ key: event.currentTarget.value })}
          />
        )}
        <Textarea
          label="Hypothesis"
          description="Because of what, what changes for whom, and by which metric it is seen."
          autosize
          minRows={2}
          maxLength={5000}
          value={design.hypothesis}
          data-path="hypothesis"
          error={errors.hypothesis}
          onChange={(event) => set({ hypothesis: event.currentTarget.value })}
        />
        {created ? (
          <KeyValue
            items={[
              { label: "On", value: <code>{design.flag}</code> },
              { label: "In", value: environment },
            ]}
          />
        ) : (
          <>
            <SegmentedControl
              aria-label="What it is on"
              value={kind}
              onChange={(value) => setKind(value === "config" ? "config" : "flag")}
              data={[
                { value: "flag", label: "A flag" },
                { value: "config", label: "A remote config" },
              ]}
            />
            <EntityPicker
              key={kind}
              kind={kind}
              label={kind === "flag" ? "Flag" : "Remote config"}
              description={`In ${environment}, which the bar above chooses.`}
              required
              value={design.flag === "" ? null : design.flag}
              data-path="flag"
              error={errors.flag ?? null}
              onChange={(key) => void choose(kind, key)}
            />
          </>
        )}
      </div>
    </Card>
  );
}
