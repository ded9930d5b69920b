// Reads an SFDX project without an org. One process for all checks; prints one JSON object: a list of findings a check.
// node check.mjs <project> <scratch folder>
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { createRequire } from "node:module";
import { XMLParser } from "fast-xml-parser";
import { ApexParserFactory, ApexErrorListener } from "@apexdevtools/apex-parser";
import * as prettier from "prettier";
import sdr from "@salesforce/source-deploy-retrieve";

const [project, scratch] = process.argv.slice(2).map((each) => path.resolve(each));
const { packageDirectories } = JSON.parse(await readFile(path.join(project, "sfdx-project.json"), "utf8"));
const sources = packageDirectories.map((each) => path.join(project, each.path));

async function listFiles() {
  const found = [];
  for (const source of sources) {
    const all = await readdir(source, { recursive: true, withFileTypes: true });
    for (const entry of all) if (entry.isFile()) found.push(path.join(entry.parentPath ?? entry.path, entry.name));
  }
  return found;
}

async function apexFiles() {
  return (await listFiles()).filter((name) => /\.(cls|trigger)$/.test(name));
}

class Listener extends ApexErrorListener {
  constructor(found, name) {
    super();
    Object.assign(this, { found, name });
  }
  apexSyntaxError(line, _column, message) {
    this.found.push(`${this.name}:${line} ${message}`);
  }
}

async function parses(files) {
  const found = [];
  for (const file of files) {
    const parser = ApexParserFactory.createParser(await readFile(file, "utf8"));
    parser.removeErrorListeners();
    parser.addErrorListener(new Listener(found, path.basename(file)));
    file.endsWith(".trigger") ? parser.triggerUnit() : parser.compilationUnit();
  }
  return found;
}

async function isFormatted(files) {
  const found = [];
  const options = { ...(await prettier.resolveConfig(path.join(project, "x.cls"))), plugins: ["prettier-plugin-apex"] };
  for (const file of files) {
    try {
      const text = await readFile(file, "utf8");
      if (!(await prettier.check(text, { ...options, filepath: file }))) found.push(`${path.basename(file)}: not as prettier writes it`);
    } catch (error) {
      found.push(`${path.basename(file)}: ${error.message.split("\n")[0]}`);
    }
  }
  return found;
}

async function converts() {
  try {
    const components = sdr.ComponentSet.fromSource(sources);
    const done = await new sdr.MetadataConverter().convert(components, "metadata", {
      type: "directory",
      outputDirectory: scratch,
      genUniqueDir: false,
    });
    if (!done.converted?.length) return ["nothing was converted"];
    const claimed = new Set();
    for (const each of components.getSourceComponents().toArray()) {
      for (const file of [each.xml, ...each.walkContent(), ...each.getChildren().map((child) => child.xml)]) claimed.add(file);
    }
    return (await listFiles()).filter((file) => !claimed.has(file)).map((file) => `${path.basename(file)}: belongs to no component`);
  } catch (error) {
    return [error.message];
  }
}

// Element by element against the Metadata API's own schema, which jsforce carries.
const { ApiSchemas } = createRequire(import.meta.url)("@jsforce/jsforce-node/lib/api/metadata/schema.js");
const xml = new XMLParser({ ignoreAttributes: true, ignoreDeclaration: true, parseTagValue: false, trimValues: true });

function propsOf(type) {
  const schema = ApiSchemas[type];
  return schema && { ...(schema.extends ? propsOf(schema.extends) : {}), ...schema.props };
}

function* misfits(type, value, place) {
  const props = propsOf(type);
  const held = value === "" ? {} : value;
  for (const name of Object.keys(held)) if (!(name in props)) yield `${place}: ${type} has no ${name}`;
  for (const [name, kind] of Object.entries(props)) {
    const many = Array.isArray(kind);
    const plain = (many ? kind[0] : kind).replace(/^\?/, "");
    if (!(name in held)) {
      if (!many && !kind.startsWith("?")) yield `${place}: ${type} lacks ${name}`;
      continue;
    }
    if (!many && Array.isArray(held[name])) yield `${place}: ${type} has ${name} twice`;
    for (const each of [held[name]].flat()) {
      if (ApiSchemas[plain]) yield* misfits(plain, each, place);
      else if (typeof each !== "string") yield `${place}: ${name} of ${type} holds elements`;
      else if (plain === "number" && !/^-?\d+(\.\d+)?$/.test(each)) yield `${place}: ${name} of ${type} is no number`;
      else if (plain === "boolean" && !/^(true|false)$/.test(each)) yield `${place}: ${name} of ${type} is no boolean`;
    }
  }
}

async function fitsSchema() {
  const found = [];
  for (const name of (await listFiles()).filter((each) => each.endsWith("-meta.xml")).sort()) {
    const place = path.basename(name);
    const parsed = xml.parse(await readFile(name, "utf8"));
    for (const [type, value] of Object.entries(parsed)) {
      if (ApiSchemas[type]) found.push(...misfits(type, value, place));
      else found.push(`${place}: the Metadata API has no ${type}`);
    }
  }
  return [...new Set(found)];
}

const files = await apexFiles();
const findings = { parses: await parses(files), prettier: await isFormatted(files), converts: await converts(), schema: await fitsSchema() };
process.stdout.write(JSON.stringify(findings), () => process.exit(0));
