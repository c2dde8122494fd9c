interface Props {
  /** Of a person; null: of nobody. */
  readonly email: string | null;
}

/** An e-mail address, which breaks behind its `@` before it breaks anywhere else. */
export function Address({ email }: Props) {
  if (email === null) return <>–</>;
  const [name, domain] = email.split("@");
  if (domain === undefined) return <>{email}</>;
  return (
    <>
      {name}@<wbr />
      {domain}
    </>
  );
}
