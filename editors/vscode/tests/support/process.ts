import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";

/** Runs a program to its end; what it said is in the error if it fails. */
export async function run(command: string, args: string[], options: SpawnOptions): Promise<void> {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stdout?.on("data", (data) => (said += data));
  child.stderr?.on("data", (data) => (said += data));
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${said}`);
}

/** Ends a process, and whatever it has started in its group. */
export async function end(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  signal(pid, "SIGTERM");
  const last = setTimeout(() => signal(pid, "SIGKILL"), 10_000);
  await ended;
  clearTimeout(last);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Waits until something holds. Machines are slow at times, so the limit is generous. */
export async function until<T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  limitMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`it took too long until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Does something again and again until it works: VS Code may take the focus away, or draw a list anew under a click. */
export async function insist(what: string, act: () => Promise<void>, limitMs = 120_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const failure = await act().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure === undefined) return;
    if (Date.now() > deadline) throw new Error(`it did not come to this: ${what}`, { cause: failure });
  }
}
