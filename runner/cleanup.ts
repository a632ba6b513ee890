// What still has to happen when this process ends, in whatever way it ends: a child to kill, a temporary folder to remove.
// Knows the exit event and the signals; refuses to know what is cleaned up. Nothing can help against SIGKILL.
const tasks = new Set<() => void>();
let armed = false;

/** Runs `task` (synchronous, quick) when this process ends. Returns the function that takes it off the list again. */
export function atExit(task: () => void): () => void {
  arm();
  tasks.add(task);
  return () => tasks.delete(task);
}

function arm(): void {
  if (armed) return;
  armed = true;
  // Also comes after an uncaught error and after process.exit.
  process.on("exit", runAll);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    const handler = (): void => {
      runAll();
      // Having a listener takes the signal's usual effect away; give it back unless somebody else decides.
      if (process.listenerCount(signal) > 1) return;
      process.removeListener(signal, handler);
      process.kill(process.pid, signal);
    };
    process.on(signal, handler);
  }
}

function runAll(): void {
  for (const task of tasks) {
    tasks.delete(task);
    try {
      task();
    } catch {
      // The others still have to run, and nobody is left to tell.
    }
  }
}
