const scripts = new Map();

/**
 * Starts a module worker of the app that obeys the policy of the page. A worker obeys the policy that comes with its own
 * script, and a static server sends none; one whose script is a `blob:` takes over the policy of whoever starts it. So the
 * worker begins with such a script, of one line that imports the real one. That holds on the first visit, before the service
 * worker keeps the files, and where there is no service worker at all.
 */
export function startWorker(address) {
  const { href } = new URL(address);
  if (!scripts.has(href)) {
    const script = new Blob([`import ${JSON.stringify(href)};\n`], { type: "text/javascript" });
    // Kept for the next worker of this kind: there are few, of one line each.
    scripts.set(href, URL.createObjectURL(script));
  }
  return new Worker(scripts.get(href), { type: "module" });
}
