// Starts the module and calls its exports, one callback at a time.
import { link } from "./link.ts";
import type { Context, Vm } from "./vm.ts";

type Callback = (...args: number[]) => unknown;

const compiled = new WeakMap<Uint8Array, Promise<WebAssembly.Module>>();

function compile(bytes: Uint8Array): Promise<WebAssembly.Module> {
  let module = compiled.get(bytes);
  if (!module) compiled.set(bytes, (module = WebAssembly.compile(new Uint8Array(bytes))));
  return module;
}

export class Entry {
  private isDead = false;

  private constructor(
    private readonly vm: Vm,
    private readonly exports: Record<string, Callback | undefined>,
  ) {}

  /** Starts the module; the same `bytes` are compiled only once. */
  static async open(bytes: Uint8Array, vm: Vm): Promise<Entry> {
    const module = await compile(bytes);
    const instance = await WebAssembly.instantiate(module, link(module, vm));
    vm.guest.attach(instance.exports);
    vm.isStarting = true;
    (instance.exports._initialize as Callback | undefined)?.();
    vm.isStarting = false;
    return new Entry(vm, instance.exports as Record<string, Callback>);
  }

  /** Calls `name` for `context`; `fallback` if it is not exported or is denied. A trap kills the VM and is thrown. */
  call(context: Context, name: string, fallback: number, a = 0, b = 0, c = 0, d = 0): number {
    const vm = this.vm;
    if (this.isDead) throw new Error("the VM is dead of an earlier trap");
    if (vm.current) throw new Error("the VM is in a callback already");
    const callback = vm.denied.has(name) ? undefined : this.exports[name];
    if (!callback) return fallback;
    vm.current = context;
    vm.effective = null;
    try {
      const result = callback(context.id, a, b, c, d);
      vm.current = null;
      for (let root = vm.released.pop(); root; root = vm.released.pop()) vm.destroy(root);
      return Number(result ?? fallback);
    } catch (trap) {
      this.isDead = true;
      throw trap;
    }
  }
}
