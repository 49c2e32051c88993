// Loads a program of wasm-bindgen tests, runs it where it asks to run (in the page or in a dedicated worker), and posts
// every line and the outcome to the server. The same file is the page's script and the worker's.

const MODES = new Map([[1, "page"], [2, "worker"]]);
const inWorker = typeof WorkerGlobalScope !== "undefined";

let posted = Promise.resolve();
const post = (told) => {
  posted = posted.then(() => fetch("/outcome", { method: "POST", body: JSON.stringify(told) }));
  return posted;
};
const line = (text) => post({ kind: "line", text });
const fault = (text) => post({ kind: "fault", text });

// A panic outside any test traps, and only the console had its words.
let lastError = "";
addEventListener("error", (event) => fault(`${event.message} (${event.filename}:${event.lineno})\n${lastError}`));
addEventListener("unhandledrejection", (event) => fault(`Unhandled rejection: ${event.reason?.stack ?? event.reason}`));
addEventListener("securitypolicyviolation", (event) =>
  fault(`The content security policy refused ${event.blockedURI} (${event.violatedDirective})`));

// What wasm-bindgen's test runtime calls.
globalThis.__wbg_test_invoke = (test) => test();
globalThis.__wbg_test_output_writeln = (text) => line(String(text));
for (const method of ["debug", "log", "info", "warn", "error"]) {
  console[method] = (...args) => {
    if (method === "error") lastError = args.join(" ");
    globalThis[`on_console_${method}`]?.(args);
  };
}

async function run() {
  const module = await WebAssembly.compileStreaming(fetch("/tests_bg.wasm"));
  const [section] = WebAssembly.Module.customSections(module, "__wasm_bindgen_test_unstable");
  const mode = section === undefined ? "worker" : MODES.get(new Uint8Array(section)[0]);
  if (mode === undefined) throw new Error("These tests ask to run neither in a page nor in a dedicated worker.");
  if (mode === "worker" && !inWorker) {
    const worker = new Worker(`/run.js${location.search}`, { type: "module" });
    worker.addEventListener("error", async (event) => {
      await fault(`The worker failed: ${event.message}`);
      await post({ kind: "end", passed: false });
    });
    return;
  }
  const glue = await import("/tests.js");
  const program = await glue.default({ module_or_path: module });
  const context = new glue.WasmBindgenTestContext(false);
  for (const method of ["debug", "log", "info", "warn", "error"]) {
    globalThis[`on_console_${method}`] = glue[`__wbgtest_console_${method}`];
  }
  const names = WebAssembly.Module.exports(module).map(({ name }) => name).filter((name) => name.startsWith("__wbgt_"));
  const passed = await context.run(names.map((name) => program[name]));
  if (!inWorker) {
    for (const text of document.getElementById("output").textContent.split("\n")) line(text);
  }
  await post({ kind: "end", passed });
}

run().catch(async (error) => {
  await fault(String(error?.stack ?? error));
  await post({ kind: "end", passed: false });
});
