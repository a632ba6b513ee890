// Tasks for the end of this process, however it ends: a child to kill, a temporary folder to remove. Knows the exit event and the
// signals; refuses to know what is cleaned up. Nothing helps against SIGKILL.
const tasks = new Set<() => void>();
let armed = false;

/** Runs `task`, which must be synchronous and quick, when this process ends. Returns a function that cancels it. */
export function atExit(task: () => void): () => void {
  arm();
  tasks.add(task);
  return () => tasks.delete(task);
}

function arm(): void {
  if (armed) return;
  armed = true;
  // This event also follows an uncaught error and process.exit.
  process.on("exit", runAll);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    const handler = (): void => {
      runAll();
      // A listener takes away the usual effect of a signal. Restore it, unless another listener decides.
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
      // The other tasks still have to run, and nobody is left to hear of the error.
    }
  }
}
