// Statements on standard input, one JSON array; on standard output, for each whether a real parser reads it, and how.
const { isQueryValid, parseQuery } = require("@jetstreamapp/soql-parser-js");
let text = "";
process.stdin.on("data", (part) => (text += part));
process.stdin.on("end", () => {
  const read = JSON.parse(text).map((query) => {
    if (!isQueryValid(query)) return null;
    const parsed = parseQuery(query);
    const literals = [];
    const walk = (where) => {
      if (!where) return;
      if (where.left && where.left.value !== undefined) literals.push([where.left.field, where.left.operator, where.left.value]);
      if (where.left && where.left.left) walk(where.left);
      walk(where.right);
    };
    walk(parsed.where);
    return { source: parsed.sObject, fields: parsed.fields.map((f) => f.rawValue || f.field), literals };
  });
  process.stdout.write(JSON.stringify(read));
});
