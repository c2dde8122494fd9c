import { Button, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { asProblem, type Problem } from "@/api/problem";
import { CopyOnce } from "@/components/CopyOnce";
import { Failure } from "@/components/Failure";
import { Guarded, type GuardProps } from "@/components/Guarded";
import { type FlagType, keyKind, LANGUAGE_NAMES, LANGUAGES, type Language, pieces } from "../model";
import { createKey } from "../queries";
import { CodePiece } from "./CodePiece";

interface Props {
  readonly project: string;
  readonly environment: { readonly key: string; readonly name: string };
  readonly flag: { readonly key: string; readonly type: FlagType; readonly clientVisible: boolean };
  readonly language: Language;
  readonly onLanguage: (language: Language) => void;
  /** On a project's pages, where rights are known; elsewhere the API says what is missing. */
  readonly guarded?: boolean;
}

/** A program for this flag in one's language, with a key that is made here and shown here alone. */
export function Guide({ project, environment, flag, language, onLanguage, guarded = false }: Props) {
  const [keys, setKeys] = useState<Partial<Record<"server" | "client", string>>>({});
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const kind = keyKind(language);
  const key = keys[kind] ?? null;
  const steps = useMemo(() => {
    const origin = window.location.origin;
    return pieces(language, {
      flag: flag.key,
      type: flag.type,
      edge: `${origin}/edge`,
      ingestor: `${origin}/events`,
      key,
    });
  }, [language, flag.key, flag.type, key]);

  const make = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const secret = await createKey(project, environment.key, kind, `First steps, ${LANGUAGE_NAMES[language]}`);
      setKeys((before) => ({ ...before, [kind]: secret }));
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };

  const makeButton = (guard: GuardProps) => (
    <Button variant="default" loading={busy} onClick={() => void make()} {...guard}>
      Make a {kind} key for {environment.name}
    </Button>
  );

  return (
    <Stack gap="md">
      <SegmentedControl
        aria-label="Language"
        data={LANGUAGES.map((each) => ({ value: each, label: LANGUAGE_NAMES[each] }))}
        value={language}
        onChange={(next) => onLanguage(LANGUAGES.find((each) => each === next) ?? "python")}
      />
      {key === null ? (
        <Group gap="sm">
          {guarded ? (
            <Guarded right="sdk_key:manage" environment={environment.key}>
              {makeButton}
            </Guarded>
          ) : (
            makeButton({})
          )}
          <Text c="dimmed">Or put in one that you have, in place of YOUR_KEY.</Text>
        </Group>
      ) : (
        <CopyOnce secret={key} label={`${kind === "server" ? "Server" : "Client"} key of ${environment.name}`} />
      )}
      {problem !== null && <Failure problem={problem} />}
      {language === "web" && !flag.clientVisible && (
        <Text c="var(--caution)">
          {flag.key} is not client-visible, so a page gets its default. Mark it on the flag’s page.
        </Text>
      )}
      {steps.map((step, index) => (
        <Stack key={step.title} gap={6}>
          <Text fw={600}>
            {index + 1}. {step.title}
          </Text>
          <CodePiece name={step.name} code={step.code} />
          {step.text !== undefined && <Text c="dimmed">{step.text}</Text>}
        </Stack>
      ))}
    </Stack>
  );
}
