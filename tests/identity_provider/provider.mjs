// A certified OpenID provider that the tests command: who has accounts there, which keys it signs with, and what is
// wrong with its tokens. It prints its two addresses, then runs until its standard input ends.
import { createServer } from "node:http";
import { errors, Provider } from "oidc-provider";
import { CompactSign, exportJWK, generateKeyPair } from "jose";

const state = { accounts: {}, clients: [], keys: [], tamper: {}, more: {}, hidden: [], requests: {} };
let handle;

async function newKey(alg = "RS256") {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), alg, use: "sig", kid: crypto.randomUUID() };
  return { privateKey, jwk };
}

function build() {
  const provider = new Provider(issuer, {
    clients: state.clients,
    jwks: { keys: state.keys.map((each) => each.jwk) },
    findAccount: (_, id) =>
      id in state.accounts
        ? { accountId: id, claims: async () => ({ sub: id, ...state.accounts[id] }) }
        : undefined,
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
    scopes: ["openid", "email", "profile", "groups"],
    pkce: { required: () => true },
    cookies: { keys: ["of the tests"] },
    features: { devInteractions: { enabled: true } },
    ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    ...state.more,
  });
  provider.use(async (ctx, next) => {
    state.requests[ctx.path] = (state.requests[ctx.path] ?? 0) + 1;
    await next();
    if (ctx.path === "/.well-known/openid-configuration") {
      for (const name of state.hidden) delete ctx.body[name];
    }
    if (ctx.path === "/token" && ctx.body?.id_token) await spoil(ctx);
  });
  handle = provider.callback();
}

// Signed with the provider's own key: all that is wrong is what the test wants wrong.
async function spoil(ctx) {
  const { claims, header, signature, body } = state.tamper;
  if (claims || header || signature) {
    const [head, payload] = ctx.body.id_token.split(".").map((part) => {
      try {
        return JSON.parse(Buffer.from(part, "base64url"));
      } catch {
        return undefined;
      }
    });
    const spoiled = { ...payload, ...claims };
    for (const [name, value] of Object.entries(spoiled)) if (value === null) delete spoiled[name];
    const key = signature === "foreign" ? (await newKey()).privateKey : state.keys[0].privateKey;
    const protectedHeader = { ...head, ...header };
    if (protectedHeader.alg === "none") {
      const parts = [protectedHeader, spoiled].map((each) => Buffer.from(JSON.stringify(each)).toString("base64url"));
      ctx.body.id_token = `${parts.join(".")}.`;
    } else if (protectedHeader.alg === "HS256") {
      const secret = new TextEncoder().encode(state.clients[0].client_secret);
      ctx.body.id_token = await sign(spoiled, protectedHeader, secret);
    } else {
      ctx.body.id_token = await sign(spoiled, protectedHeader, key);
    }
  }
  Object.assign(ctx.body, body);
}

function sign(claims, header, key) {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims))).setProtectedHeader(header).sign(key, {
    crit: Object.fromEntries((header.crit ?? []).map((name) => [name, true])),
  });
}

async function command(request, response) {
  let text = "";
  for await (const part of request) text += part;
  const { rotate, alg, ...given } = JSON.parse(text || "{}");
  Object.assign(state, given);
  if (rotate || (alg && state.keys[0].jwk.alg !== alg)) state.keys = [await newKey(rotate ?? alg)];
  build();
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ requests: state.requests, kids: state.keys.map((each) => each.jwk.kid) }));
}

function listening(server) {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));
}

const front = createServer((request, response) => handle(request, response));
const issuer = `http://127.0.0.1:${await listening(front)}`;
const control = createServer((request, response) => {
  command(request, response).catch((error) => {
    response.statusCode = 500;
    response.end(`${error instanceof errors.OIDCProviderError ? error.error_description : error.stack}`);
  });
});
state.keys = [await newKey()];
build();
console.log(JSON.stringify({ issuer, control: `http://127.0.0.1:${await listening(control)}` }));
process.stdin.on("end", () => process.exit(0)).resume();
