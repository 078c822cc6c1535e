import { ChildlinkError, shielded, shieldedLater } from "./error.js";

const Asynchronous = (async () => {}).constructor;

/**
 * Lets the methods of a class be called on its own objects alone. Two copies of the package in one program are two Wasm
 * instances, and a handle of one is none of the other: it is told so as any other wrong argument is.
 */
export function ownMethods(Class, noun, isOwn) {
  for (const key of Reflect.ownKeys(Class.prototype)) {
    const method = Class.prototype[key];
    if (key === "constructor") continue;
    const refuse = () => {
      const message = `the method was not called on a ${Class.name} of this copy of childlink`;
      throw new ChildlinkError(`argument/not-${noun}`, message, "import childlink from one place, and call methods on what it made", "this");
    };
    const shield = method instanceof Asynchronous ? shieldedLater : shielded;
    const work = shield((self, given) => (isOwn(self) ? method.apply(self, given) : refuse()));
    const { [key]: guarded } = {
      [key](...given) {
        return work(this, given);
      },
    };
    Object.defineProperty(Class.prototype, key, { value: guarded, writable: true, configurable: true });
  }
}
