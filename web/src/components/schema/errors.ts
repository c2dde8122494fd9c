interface Refused {
  readonly field: string;
  readonly message: string;
}

/** Of a refusal's errors those below a path, by JSON pointer: `value/retries` below `value` is `/retries`. */
export function errorsBelow(fields: readonly Refused[], path: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { field, message } of fields) {
    if (field !== path && !field.startsWith(`${path}/`)) continue;
    const pointer = field.slice(path.length);
    found[pointer] = found[pointer] === undefined ? message : `${found[pointer]}; ${message}`;
  }
  return found;
}
