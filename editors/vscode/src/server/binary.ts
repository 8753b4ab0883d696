import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";

/** Where the program is looked for. */
export interface Places {
  /** What the setting says; empty: nothing. */
  setting: string;
  /** The extension's own folder. */
  extension: string;
  /** The variable `PATH`. */
  path: string;
  platform: NodeJS.Platform;
  arch: string;
}

/** The program that was found, or where it was looked for. */
export type Found = { path: string } | { searched: string[] };

/** Finds `claude-bridge`: by the setting, in the folder that came with the extension, on `PATH`. */
export async function findBinary(places: Places): Promise<Found> {
  const searched = candidates(places);
  for (const candidate of searched) {
    if (await isExecutable(candidate)) return { path: candidate };
  }
  return { searched };
}

/** A setting that is given is the only place: another program in its stead would be a surprise. */
export function candidates(places: Places): string[] {
  const name = places.platform === "win32" ? "claude-bridge.exe" : "claude-bridge";
  const onPath = (program: string) =>
    places.path
      .split(delimiter)
      .filter(isAbsolute)
      .map((folder) => join(folder, program));
  if (places.setting === "") {
    return [join(places.extension, "bin", `${places.platform}-${places.arch}`, name), ...onPath(name)];
  }
  const setting = places.setting.replace(/^~(?=[/\\])/, homedir());
  return isAbsolute(setting) ? [setting] : onPath(setting);
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
