interface Props {
  /** Of a person; null: of nobody. */
  readonly email: string | null;
  /** What they are called, where that is known: it stands instead, the address beneath the pointer. */
  readonly name?: string | undefined;
}

/** An e-mail address, which breaks behind its `@` before it breaks anywhere else. */
export function Address({ email, name: called }: Props) {
  if (email === null) return <>–</>;
  if (called !== undefined) return <span title={email}>{called}</span>;
  const [name, domain] = email.split("@");
  if (domain === undefined) return <>{email}</>;
  return (
    <>
      {name}@<wbr />
      {domain}
    </>
  );
}
