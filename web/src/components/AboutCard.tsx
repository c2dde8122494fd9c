import { Stack, TagsInput, Textarea, TextInput } from "@mantine/core";
import { Card } from "./Card";
import { EntityPicker } from "./EntityPicker";

const TAGS_MAX = 50;

export interface About {
  readonly name: string;
  readonly description: string;
  readonly tags: string[];
  readonly owner: string | null;
}

interface Props {
  readonly about: About;
  readonly readOnly: boolean;
  readonly error: (field: string) => string | undefined;
  readonly onChange: (part: Partial<About>) => void;
}

/** What people are told of an entity besides what it does. */
export function AboutCard({ about, readOnly, error, onChange }: Props) {
  return (
    <Card title="About it">
      <Stack gap="sm">
        <TextInput
          label="Name"
          readOnly={readOnly}
          value={about.name}
          data-path="name"
          error={error("name")}
          onChange={(event) => onChange({ name: event.currentTarget.value })}
        />
        <Textarea
          label="Description"
          autosize
          minRows={2}
          readOnly={readOnly}
          value={about.description}
          data-path="description"
          error={error("description")}
          onChange={(event) => onChange({ description: event.currentTarget.value })}
        />
        <TagsInput
          label="Tags"
          data-path="tags"
          readOnly={readOnly}
          maxTags={TAGS_MAX}
          value={about.tags}
          onChange={(tags) => onChange({ tags })}
        />
        <EntityPicker
          kind="member"
          label="Owner"
          data-path="owner"
          value={about.owner}
          disabled={readOnly}
          onChange={(owner) => onChange({ owner })}
        />
      </Stack>
    </Card>
  );
}
