import { Button, NativeSelect, NumberInput, SegmentedControl, TextInput } from "@mantine/core";
import { Card } from "@/components/Card";
import { ShareBar } from "@/components/ShareBar";
import type { SectionProps } from "./DesignForm";
import styles from "./designer.module.css";
import { equalShares } from "./model";
import { PatchEditor } from "./PatchEditor";

/** Who gets what: the variations, their shares, and how much of the audience takes part. */
export function VariationsSection({ design, set, errors }: SectionProps & { project: string }) {
  if (design.flag === "") return null;
  const onConfig = design.variations.some((each) => each.value !== undefined);
  const change = (at: number, more: Partial<(typeof design.variations)[number]>) =>
    set({ variations: design.variations.map((each, index) => (index === at ? { ...each, ...more } : each)) });
  return (
    <Card title="Variations and shares">
      <div className={styles.fields}>
        {!onConfig && (
          <SegmentedControl
            aria-label="Who assigns"
            value={design.mode}
            onChange={(value) => set({ mode: value === "observes" ? "observes" : "assigns" })}
            data={[
              { value: "assigns", label: "The experiment assigns" },
              { value: "observes", label: "It observes what rules serve" },
            ]}
          />
        )}
        <ShareBar
          shares={design.variations.map((each) => ({ key: each.key, weight: each.weight }))}
          onChange={(shares) =>
            set({
              variations: design.variations.map((each, at) => ({ ...each, weight: shares[at]?.weight ?? each.weight })),
            })
          }
          labels={Object.fromEntries(ordered(design.variations, design.control).map((each) => [each, each]))}
          data-path="variations"
          error={errors.variations ?? null}
          path="variations"
        />
        {onConfig &&
          design.variations.map((each, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: its key is being typed
            <div key={at} className={styles.fields}>
              <TextInput
                label={`Variation ${at + 1}`}
                value={each.key}
                onChange={(event) =>
                  set({
                    variations: design.variations.map((one, index) =>
                      index === at ? { ...one, key: event.currentTarget.value } : one,
                    ),
                    ...(design.control === each.key ? { control: event.currentTarget.value } : {}),
                  })
                }
              />
              {each.key !== design.control && (
                <PatchEditor
                  label={`Patch of ${each.key} on the config's value`}
                  value={each.value ?? {}}
                  onChange={(value) => change(at, { value })}
                />
              )}
            </div>
          ))}
        {onConfig && (
          <Button
            variant="default"
            size="xs"
            onClick={() => {
              const keys = [...design.variations.map((each) => each.key), `variation-${design.variations.length + 1}`];
              const shares = equalShares(keys);
              set({ variations: shares.map((each, at) => ({ ...each, value: design.variations[at]?.value ?? {} })) });
            }}
          >
            Add variation
          </Button>
        )}
        <div className={styles.two}>
          <NativeSelect
            label="Control"
            description="Everything is compared with it."
            value={design.control}
            data-path="control"
            error={errors.control}
            onChange={(event) => set({ control: event.currentTarget.value })}
            data={design.variations.map((each) => each.key)}
          />
          {design.mode === "assigns" && (
            <NumberInput
              label="Traffic"
              description="Percent of the audience that takes part."
              suffix="%"
              min={0}
              max={100}
              decimalScale={2}
              value={design.traffic}
              data-path="traffic"
              error={errors.traffic}
              onChange={(value) => set({ traffic: Number(value) })}
            />
          )}
        </div>
      </div>
    </Card>
  );
}

function ordered(variations: readonly { key: string }[], control: string): string[] {
  return [control, ...variations.map((each) => each.key).filter((each) => each !== control)];
}
