import type { ToolDefinition } from "../protocol";

/** A tool of the editor's: what Claude is told of it, and what it does. */
export interface EditorTool extends ToolDefinition {
  run(args: Record<string, unknown>): Promise<string>;
}

/** A problem with what the tool was asked for: the model is told, and can do better. */
export class ToolProblem extends Error {}

/** An argument that has to be a text. */
export function text(args: Record<string, unknown>, name: string): string {
  const value = args[name];
  if (typeof value !== "string" || value === "") throw new ToolProblem(`\`${name}\` has to be a text`);
  return value;
}

/** An argument that is a whole number, from one on, or absent. */
export function lineNumber(args: Record<string, unknown>, name: string): number | undefined {
  const value = args[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1) {
    throw new ToolProblem(`\`${name}\` has to be a line number, from 1 on`);
  }
  return value;
}

/** The JSON Schema of an object with these properties. */
export function object(properties: Record<string, object>, required: string[] = []): object {
  return { type: "object", properties, required, additionalProperties: false };
}
