import { Alert, Button, Group } from "@mantine/core";
import { type Problem, sentence } from "@/api/problem";
import { Icon } from "./Icon";

interface Props {
  readonly problem: Problem;
  readonly retry?: () => void;
  /** What still works, where that helps. */
  readonly children?: React.ReactNode;
}

/** What failed, under which id it stands in the logs, and another try. */
export function Failure({ problem, retry, children }: Props) {
  const words = sentence(problem);
  return (
    <Alert color="red" variant="light" role="alert" icon={<Icon name="problem" />} title={problem.title}>
      {words !== `${problem.title}.` && <p className="no-margin">{words}</p>}
      {problem.fields.length > 0 && (
        <ul>
          {problem.fields.map((each) => (
            <li key={`${each.field} ${each.code}`}>
              <code>{each.field}</code>: {each.message}
            </li>
          ))}
        </ul>
      )}
      {children}
      {(problem.requestId !== null || retry !== undefined) && (
        <Group mt="xs" gap="sm">
          {retry !== undefined && (
            <Button size="xs" variant="default" onClick={retry}>
              Try again
            </Button>
          )}
          {problem.requestId !== null && (
            <span>
              Request <code>{problem.requestId}</code>
            </span>
          )}
        </Group>
      )}
    </Alert>
  );
}
