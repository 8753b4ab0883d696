// The MCP server of a dashboard's canvas, for the tests: an intent is validated, executed and interpreted over the
// studies below ATOMIZER_ROOT. Executing writes, and is for power mode alone.
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

const mode = process.env.ATOMIZER_MODE ?? "user";
const root = process.env.ATOMIZER_ROOT ?? process.cwd();

const intent = {
  study: z.string().describe("The study, as a path below the studies folder"),
  variables: z.array(z.object({ name: z.string(), min: z.number(), max: z.number() })).describe("Design variables"),
};

// The study's configuration; an error where there is no such study, or it is elsewhere.
async function configuration(study) {
  const studies = path.join(root, "studies");
  const file = path.resolve(studies, study, "1_setup", "optimization_config.json");
  if (!file.startsWith(studies + path.sep)) throw new Error(`${study} is outside of the studies folder`);
  return { file, config: JSON.parse(await readFile(file, "utf8")) };
}

function problems({ variables }) {
  const names = variables.map(({ name }) => name);
  return [
    ...(names.length === 0 ? ["there are no design variables"] : []),
    ...names.filter((name, at) => names.indexOf(name) !== at).map((name) => `${name} is there twice`),
    ...variables.filter(({ min, max }) => min >= max).map(({ name }) => `the bounds of ${name} are empty`),
  ];
}

const say = (text, isError = false) => ({ content: [{ type: "text", text }], isError });

const server = new McpServer({ name: "atomizer-tools", version: "1.0.0" });

server.registerTool(
  "validate_canvas_intent",
  { description: "Checks an intent of the canvas.", inputSchema: intent, annotations: { readOnlyHint: true } },
  async (given) => {
    await configuration(given.study);
    const found = problems(given);
    return found.length === 0 ? say("valid") : say(`invalid: ${found.join("; ")}`, true);
  },
);

server.registerTool(
  "execute_canvas_intent",
  { description: "Writes an intent of the canvas into the study's configuration. Power mode only.", inputSchema: intent },
  async (given) => {
    if (mode !== "power") return say(`${mode} mode may not execute an intent`, true);
    const found = problems(given);
    if (found.length > 0) return say(`invalid: ${found.join("; ")}`, true);
    const { file, config } = await configuration(given.study);
    config.design_variables = given.variables;
    await writeFile(file, JSON.stringify(config, null, 2));
    return say(`wrote ${given.variables.length} design variables`);
  },
);

server.registerTool(
  "interpret_canvas_intent",
  {
    description: "Says in words what the canvas of a study shows.",
    inputSchema: { study: intent.study },
    annotations: { readOnlyHint: true },
  },
  async ({ study }) => {
    const { config } = await configuration(study);
    const variables = config.design_variables ?? [];
    const words = variables.map(({ name, min, max }) => `${name} between ${min} and ${max}`);
    return say(`${config.study_name}: ${words.join(", ") || "no design variables"} (${mode} mode)`);
  },
);

await server.connect(new StdioServerTransport());
