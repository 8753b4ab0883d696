// The protocol's types, from its OpenRPC document: one per schema, and all methods by name.
import { readFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";

const BANNER = "// Generated from schemas/openrpc.json by `npm run generate`. Do not edit.\n\n";
const ROOT = "GeneratedRoot";

/** The text of src/protocol/generated.ts, before it is formatted. */
export async function protocolTypes(openrpcPath) {
  const openrpc = JSON.parse(await readFile(openrpcPath, "utf8"));
  const $defs = simplified(openrpc.components.schemas);
  const types = await compile({ $defs, title: ROOT }, ROOT, {
    additionalProperties: false,
    bannerComment: "",
    unreachableDefinitions: true,
    format: false,
  });
  return `${BANNER}${withoutRoot(types)}\n${methodMap(openrpc.methods)}`;
}

// A reference with a description beside it is that reference, so that no type is made twice; a schema that says
// nothing of the type is `unknown`.
function simplified(node) {
  if (Array.isArray(node)) return node.map(simplified);
  if (node === null || typeof node !== "object") return node;
  if (typeof node.$ref === "string") return { $ref: node.$ref.replace("#/components/schemas/", "#/$defs/") };
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, simplified(value)]));
  for (const [name, property] of Object.entries(copy.properties ?? {})) {
    if (saysNothing(property)) copy.properties[name] = { ...property, tsType: "unknown" };
  }
  return copy;
}

function saysNothing(schema) {
  return Object.keys(schema).every((key) => ["description", "default"].includes(key));
}

// The generator puts all definitions below a root, which nobody needs, and says so at each of them.
function withoutRoot(types) {
  return types
    .replace(new RegExp(`export interface ${ROOT} \\{\\s*\\}\\n?`), "")
    .replaceAll(/\/\*\*\n \* This interface was referenced by.*\n \* via the `definition`.*\n \*\/\n/g, "")
    .replaceAll(/ \* *\n \* This interface was referenced by.*\n \* via the `definition`.*\n/g, "");
}

function methodMap(methods) {
  const entries = methods.map(({ name, summary, params, result }) => {
    const fields = params.map((param) => `${param.name}${param.required ? "" : "?"}: ${typeOf(param.schema)}`);
    const described = summary ? `/** ${summary.replaceAll("\n", " ")} */\n` : "";
    return `${described}"${name}": { params: { ${fields.join("; ")} }; result: ${typeOf(result.schema)} };\n`;
  });
  return `/** What can be asked of the server. */\nexport interface Methods {\n${entries.join("")}}\n`;
}

function typeOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if (schema.type === "array") return `${typeOf(schema.items ?? {})}[]`;
  if (schema.type === "object" && typeof schema.additionalProperties === "object") {
    return `Record<string, ${typeOf(schema.additionalProperties)}>`;
  }
  if (schema.type === "integer") return "number";
  const choices = schema.enum ?? schema.oneOf?.map((choice) => choice.const);
  if (choices) return choices.map((value) => JSON.stringify(value)).join(" | ");
  return ["string", "number", "boolean"].includes(schema.type) ? schema.type : "unknown";
}
