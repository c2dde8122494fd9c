import { Anchor, NativeSelect, Text } from "@mantine/core";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { ServeEditor } from "@/components/ServeEditor";
import { same } from "@/lib/json";
import { inColourOrder, type Serve, servedInWords, serveOf } from "@/lib/rules";
import type { SentencesProps } from "./Sentences";

type DefaultProps = Pick<SentencesProps, "flag" | "draft" | "saved" | "change" | "attributes" | "errors">;

/** What everybody else gets, and what is served while the flag is off; both may follow the flag. */
export function DefaultCard({ flag, draft, saved, change, attributes, errors }: DefaultProps) {
  const own = serveOf(flag.default) ?? { variation: flag.off_variation };
  const served: Serve = draft.default ?? own;
  const name = (key: string) => flag.variations.find((each) => each.key === key)?.name || key;
  const put = (serve: Serve) => change?.({ default: serve });
  return (
    <Card
      title="Everybody else"
      actions={
        draft.default === null ? <Badge>as the flag says</Badge> : <Badge tone="info">of this environment</Badge>
      }
    >
      {change === undefined ? (
        <Text>Serve {servedInWords(served, name, flag.off_variation)}.</Text>
      ) : (
        <ServeEditor
          label="Serve"
          serve={served}
          from={saved.default ?? own}
          onChange={put}
          variations={inColourOrder(flag.variations, flag.off_variation)}
          attributes={attributes}
          errors={errors}
          path="default"
        />
      )}
      {change !== undefined && draft.default !== null && !same(draft.default, own) && (
        <Anchor component="button" type="button" size="xs" mt="xs" onClick={() => change({ default: null })}>
          Take the flag's own default: {servedInWords(own, name, flag.off_variation)}
        </Anchor>
      )}
      <NativeSelect
        mt="md"
        maw={320}
        size="xs"
        label="While it is off, serve"
        data-path="off_variation"
        disabled={change === undefined}
        data={[
          { value: "", label: `${name(flag.off_variation)} (as the flag says)` },
          ...flag.variations.map((each) => ({ value: each.key, label: each.name || each.key })),
        ]}
        value={draft.off_variation ?? ""}
        onChange={(event) => change?.({ off_variation: event.currentTarget.value || null })}
      />
    </Card>
  );
}
