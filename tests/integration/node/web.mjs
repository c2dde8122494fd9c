// Follows flags with @openfeature/ofrep-web-provider. Commands come as lines on standard input, each answered by one
// line: {"context": {...}} changes the context, {"await": "change"} waits for the next change, {} only tells.
import { createInterface } from 'node:readline';
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider';
import { OpenFeature, ProviderEvents } from '@openfeature/web-sdk';
import { EventSource } from 'eventsource';

globalThis.EventSource = EventSource;
const { url, key, context } = JSON.parse(process.argv[2]);

const requests = [];
async function counted(request) {
  const answer = await fetch(request.clone());
  requests.push({ status: answer.status, url: request.url, held: request.headers.get('if-none-match') });
  return answer;
}

let changes = 0;
let waiting = () => {};
OpenFeature.addHandler(ProviderEvents.ConfigurationChanged, () => {
  changes += 1;
  waiting();
});

let failure = null;
await OpenFeature.setContext(context);
try {
  await OpenFeature.setProviderAndWait(
    new OFREPWebProvider({
      baseUrl: url,
      headers: [['Authorization', `Bearer ${key}`]],
      fetchImplementation: counted,
      cacheMode: 'disabled',
    }),
  );
} catch (error) {
  failure = `${error.code ?? error.name}`;
}
const client = OpenFeature.getClient();

function tell() {
  console.log(
    JSON.stringify({
      failure,
      changes,
      requests,
      flags: {
        visible: client.getBooleanDetails('visible', false),
        half: client.getBooleanDetails('half', false),
        greeting: client.getStringDetails('greeting', '?'),
        plain: client.getBooleanDetails('plain', false),
      },
    }),
  );
}

tell();
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (command.context) await OpenFeature.setContext(command.context);
  if (command.await) {
    const before = command.seen;
    while (changes <= before) await new Promise((resolve) => (waiting = resolve));
  }
  tell();
}
await OpenFeature.close();
process.exit(0);
