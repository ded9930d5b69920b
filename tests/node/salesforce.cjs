// jsforce as anybody would use it. Reads one line of JSON from stdin, {"login": {...}, "steps": [[name, ...arguments]]},
// and prints what each step brought: {"ok": value} or {"error": code, "message": text}.
"use strict";

const crypto = require("node:crypto");
const jsforce = require("jsforce");

const LOGIN_URL = "https://acme.my.salesforce.com";
const VERSION = "67.0";

function connection(login) {
  const oauth2 = { loginUrl: LOGIN_URL, clientId: login.consumerKey, clientSecret: login.consumerSecret };
  return new jsforce.Connection({ oauth2, version: VERSION, maxRequest: 5, logLevel: "FATAL" });
}

function assertion(login) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { iss: login.consumerKey, sub: login.username, aud: LOGIN_URL, exp: login.expires };
  const unsigned = `${part({ alg: "RS256" })}.${part(claims)}`;
  return `${unsigned}.${crypto.sign("RSA-SHA256", Buffer.from(unsigned), login.privateKey).toString("base64url")}`;
}

const LOGINS = {
  jwt: (conn, login) =>
    conn.authorize({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: assertion(login) }),
  credentials: (conn) => conn.authorize({ grant_type: "client_credentials" }),
};

const STEPS = {
  identity: (conn) => conn.identity(),
  objects: (conn) => conn.describeGlobal(),
  describe: (conn, kind) => conn.describe(kind),
  query: async (conn, soql, options) => ({ ...(await conn.query(soql, options)) }),
  all: async (conn, soql, options) => {
    const records = await conn.query(soql).run({ autoFetch: true, maxFetch: 100000, ...options });
    return { totalSize: records.totalSize, records: records.records ?? records };
  },
  more: async (conn, soql) => {
    const pages = [];
    let page = await conn.query(soql);
    for (;;) {
      pages.push(page.records.map((record) => record.Id));
      if (page.done) return pages;
      page = await conn.queryMore(page.nextRecordsUrl);
    }
  },
  find: (conn, kind, conditions, fields, sort, limit) =>
    conn.sobject(kind).find(conditions, fields).sort(sort).limit(limit).execute(),
  count: (conn, kind, conditions) => conn.sobject(kind).count(conditions),
  explain: (conn, soql) => conn.query(soql).explain(),
  retrieve: (conn, kind, ids, fields) => conn.sobject(kind).retrieve(ids, { fields }),
  updated: (conn, kind, start, end) => conn.sobject(kind).updated(start, end),
  deleted: (conn, kind, start, end) => conn.sobject(kind).deleted(start, end),
  limits: async (conn) => ({ limits: await conn.limits(), seen: conn.limitInfo }),
  create: (conn, kind, records) => conn.sobject(kind).create(records),
  update: (conn, kind, records) => conn.sobject(kind).update(records),
  destroy: (conn, kind, ids) => conn.sobject(kind).destroy(ids),
  composite: (conn, parts) => conn.requestPost(`/services/data/v${VERSION}/composite`, { compositeRequest: parts }),
  logout: async (conn) => {
    const { accessToken, instanceUrl } = conn;
    await conn.logout();
    Object.assign(conn, { accessToken, instanceUrl });
  },
};

async function tried(what) {
  try {
    return { ok: (await what()) ?? null };
  } catch (error) {
    return { error: error.errorCode ?? error.name, message: error.message };
  }
}

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const { login, steps } = JSON.parse(Buffer.concat(chunks).toString());
  const conn = connection(login);
  const found = [await tried(() => LOGINS[login.how](conn, login))];
  for (const [name, ...rest] of steps) found.push(await tried(() => STEPS[name](conn, ...rest)));
  process.stdout.write(JSON.stringify(found));
}

main();
