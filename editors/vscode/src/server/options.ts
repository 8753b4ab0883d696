/** What a configuration says of one setting; what nobody set is not sent. */
export type Inspect = (key: string) => unknown;

/**
 * The `initializationOptions` of the bridge: of the settings that mirror its configuration, those that somebody set.
 * `a.b.c` becomes `{ a: { b: { c } } }`.
 */
export function initializationOptions(keys: string[], inspect: Inspect): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const key of keys) {
    const value = inspect(key);
    if (value !== undefined) put(options, key.split("."), value);
  }
  return options;
}

function put(options: Record<string, unknown>, path: string[], value: unknown): void {
  const [name, ...rest] = path;
  if (name === undefined) return;
  if (rest.length === 0) {
    options[name] = value;
    return;
  }
  options[name] ??= {};
  put(options[name] as Record<string, unknown>, rest, value);
}
