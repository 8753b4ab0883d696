// VS Code's settings, from the configuration's schema: the same keys in camelCase, under `claudeBridge`.
import { readFile } from "node:fs/promises";

// All that names commands, paths, modes or secrets is the machine's own: a cloned repository's settings must not reach
// it. What is listed here is harmless, and may differ from one workspace to another.
const MAY_DIFFER_BY_WORKSPACE = /^(sessions\..*|log\.level)$/;

/** The settings that mirror the configuration, by their names in VS Code. */
export async function mirroredSettings(configPath) {
  const schema = JSON.parse(await readFile(configPath, "utf8"));
  const leaves = flattened(schema.$defs.Config, schema.$defs, "");
  return Object.fromEntries(leaves.map(([key, property]) => [`claudeBridge.${key}`, setting(key, property)]));
}

function flattened(object, $defs, prefix) {
  return Object.entries(object.properties).flatMap(([name, property]) => {
    const key = prefix + camelCase(name);
    const target = resolved(property, $defs);
    const isGroup = target.type === "object" && target.properties !== undefined;
    return isGroup ? flattened(target, $defs, `${key}.`) : [[key, inlined(property, $defs)]];
  });
}

function setting(key, { description, default: _unset, ...type }) {
  const scope = MAY_DIFFER_BY_WORKSPACE.test(key) ? "window" : "machine";
  return { scope, markdownDescription: description, ...type };
}

function resolved(schema, $defs) {
  return schema.$ref ? $defs[schema.$ref.split("/").at(-1)] : schema;
}

// Settings cannot refer to one another's types: each has its own in full. Of what a type is made of, the keys keep the
// names they have on the wire.
function inlined(schema, $defs) {
  const { $ref: _ref, ...own } = schema;
  const whole = { ...resolved(schema, $defs), ...own };
  if (whole.oneOf) {
    const { oneOf, ...rest } = whole;
    return {
      ...rest,
      type: "string",
      enum: oneOf.map((choice) => choice.const),
      markdownEnumDescriptions: oneOf.map((choice) => choice.description),
    };
  }
  const { format: _format, ...copy } = whole;
  if (copy.items) copy.items = withoutText(inlined(copy.items, $defs));
  if (typeof copy.additionalProperties === "object") {
    copy.additionalProperties = withoutText(inlined(copy.additionalProperties, $defs));
  }
  if (copy.properties) {
    const properties = Object.entries(copy.properties);
    copy.properties = Object.fromEntries(properties.map(([name, value]) => [camelCase(name), inlined(value, $defs)]));
  }
  return copy;
}

function withoutText({ description: _description, markdownEnumDescriptions: _each, ...schema }) {
  return schema;
}

function camelCase(name) {
  return name.replaceAll(/_([a-z])/g, (_, letter) => letter.toUpperCase());
}
